"""Somebody at a site of the mesh, and what they can do there. Scenarios and tests are written in this."""

from typing import TYPE_CHECKING
from urllib.parse import unquote

from lxml import etree  # type: ignore[import-untyped]

from meshsim.ocm.address import OcmAddress
from meshsim.ocm.errors import OcmError, PeerError
from meshsim.ocm.invite import Invite
from meshsim.ocm.lifecycle import Deal
from meshsim.site.opening import check
from meshsim.site.ports import User
from meshsim.site.records import Contact, ReceivedShare, SentShare, Wish, share_key
from meshsim.site.site import Site
from meshsim.wire import Response, read, split

if TYPE_CHECKING:
    from meshsim.composition import Composition


class Person:
    """Acts through the site where they live; every refusal is an OcmError.

    The site is looked up each time, since it may have been restarted meanwhile.
    """

    __slots__ = ("address", "mesh")

    def __init__(self, mesh: "Composition", address: OcmAddress) -> None:
        self.mesh = mesh
        self.address = address

    def __repr__(self) -> str:
        return f"<Person {self.address}>"

    @property
    def site(self) -> Site:
        """The site where they live."""
        return self.mesh.site(self.address.host)

    @property
    def is_up(self) -> bool:
        """Whether their site runs."""
        return self.mesh.is_up(self.address.host)

    @property
    def user(self) -> User:
        """Who they are at their site."""
        return self.site.user(self.address.user)

    # Invites and contacts

    def invite(self, description: str = "", lifetime: float | None = None) -> Invite:
        """A new invite, to be handed over as `.string` or `.link(...)`."""
        site = self.site
        return site.inviting.text(site.inviting.invite(self.address.user, description, lifetime))

    async def accept_invite(self, invite: Invite | str) -> Contact:
        """Take up an invite. Raises if it was refused, or if no answer has come yet."""
        if isinstance(invite, str):
            invite = Invite.parse(invite)
        joining = await self.site.inviting.accept(self.address.user, invite)
        contact = None
        if joining.state is Deal.DONE and joining.inviter is not None:
            contact = self.site.records.contact(self.address.user, joining.inviter)
        if contact is None:
            waiting = f"no answer from {invite.provider} yet: " if joining.state is Deal.OPEN else ""
            raise OcmError(waiting + (joining.reason or "the contact has ended"), status=502)
        return contact

    def contacts(self) -> list[Contact]:
        """Whom they know by invite."""
        return list(self.site.records.contacts(self.address.user))

    async def remove_contact(self, address: OcmAddress) -> None:
        """End a contact and all shares between the two."""
        await self.site.inviting.remove(self.address.user, address)

    # Shares they give

    async def share(
        self,
        path: str,
        to: OcmAddress,
        permissions: tuple[str, ...] = ("read",),
        *,
        share_type: str = "user",
        expiration: int | None = None,
        require_exchange: bool = False,
        require_mfa: bool = False,
    ) -> SentShare:
        """Share a file or folder of theirs; see `Sending.share`."""
        return await self.site.sending.share(
            self.address.user,
            path,
            to,
            permissions=permissions,
            share_type=share_type,
            expiration=expiration,
            require_exchange=require_exchange,
            require_mfa=require_mfa,
        )

    async def unshare(self, share: SentShare) -> SentShare:
        """Take a share back."""
        return await self.site.sending.unshare(self.address.user, share.provider_id)

    async def change_permissions(self, share: SentShare, permissions: tuple[str, ...]) -> SentShare:
        """Change what the recipient may do."""
        return await self.site.sending.change_permissions(self.address.user, share.provider_id, permissions)

    def given(self) -> list[SentShare]:
        """All shares they ever gave."""
        return list(self.site.records.sent_by(self.address.user))

    # Shares they were given

    def received(self) -> list[ReceivedShare]:
        """The shares they have, also through their groups."""
        groups = self.mesh.people(self.address.host).groups_of(self.address.user)
        return self.site.receiving.shares(self.address.user, groups)

    def received_from(self, share: SentShare, host: str) -> ReceivedShare:
        """Their side of a share that somebody at `host` gave; OcmError if it is not there."""
        return self.site.receiving.get(self.address.user, share_key(host, share.provider_id))

    async def accept(self, share: ReceivedShare) -> ReceivedShare:
        """Take a share."""
        return await self.site.receiving.accept(self.address.user, share.key)

    async def decline(self, share: ReceivedShare) -> ReceivedShare:
        """Refuse or leave a share."""
        return await self.site.receiving.decline(self.address.user, share.key)

    async def request(self, share: ReceivedShare, method: str, path: str = "", **options: object) -> Response:
        """Any WebDAV request inside a received share, whatever its answer; see `Opening.request`."""
        return await self.site.opening.request(self.address.user, share.key, method, path, **options)  # type: ignore[arg-type]

    async def read(self, share: ReceivedShare, path: str = "") -> bytes:
        """The content of a file in a received share."""
        response = check(await self.request(share, "GET", path), f"GET {share.name}/{path}")
        return await read(response.body)

    async def write(self, share: ReceivedShare, path: str, data: bytes) -> None:
        """Create or replace a file in a received share."""
        check(await self.request(share, "PUT", path, body=data), f"PUT {share.name}/{path}")

    async def names(self, share: ReceivedShare, path: str = "") -> list[str]:
        """The names in a folder of a received share."""
        response = await self.request(share, "PROPFIND", path, headers={"depth": "1"})
        return members(await read(check(response, f"PROPFIND {share.name}/{path}").body))

    # Asking for shares

    async def ask_share(
        self,
        owner: OcmAddress,
        resource: str,
        resource_type: str = "file",
        permissions: tuple[str, ...] = ("read",),
    ) -> Wish:
        """Ask an owner elsewhere for a resource known by its reference."""
        return await self.site.wishing.ask_share(
            self.address.user, owner, resource, resource_type, permissions
        )

    async def ask_reshare(
        self, share: ReceivedShare, to: OcmAddress, permissions: tuple[str, ...] = ("read",)
    ) -> Wish:
        """Ask the sender of a share to give one to somebody else."""
        return await self.site.wishing.ask_reshare(self.address.user, share.key, to, permissions)

    def asked(self) -> list[Wish]:
        """Requests they made and requests made of them."""
        return list(self.site.records.wishes(self.address.user))

    async def answer(self, wish: Wish, agree: bool) -> SentShare | None:
        """Decide on a request made of them."""
        return await self.site.wishing.answer(self.address.user, wish.key, agree)

    # Their own files

    def put(self, path: str, data: bytes) -> None:
        """Write a file of theirs; its folder must exist."""
        self.site.ports.storage.write(self._own(path), data)

    async def get(self, path: str) -> bytes:
        """The content of a file of theirs."""
        return await read(self.site.ports.storage.read(self._own(path)))

    def make_folder(self, path: str) -> None:
        """Make a folder of theirs."""
        self.site.ports.storage.make_folder(self._own(path))

    def _own(self, path: str) -> str:
        return f"/{self.address.user}/{path.strip('/')}"


def members(multistatus: bytes) -> list[str]:
    """The names in a Depth 1 answer, without the folder itself; PeerError for what is none."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        hrefs = [e.text or "" for e in etree.fromstring(multistatus, parser).iter("{DAV:}href")]
    except etree.XMLSyntaxError as error:
        raise PeerError(f"the answer to PROPFIND is no XML: {error}") from error
    paths = [unquote(split(href).path if "://" in href else href).rstrip("/") for href in hrefs]
    return sorted(path.rpartition("/")[2] for path in paths[1:])
