"""Who acts in a load story: somebody at a peer of ours, or somebody at the target, by its user API.

Both can do the same, so a story is told in either direction. A refusal is an OcmError.
"""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote

import msgspec

from meshsim.ocm.address import OcmAddress
from meshsim.ocm.errors import OcmError, PeerError
from meshsim.person import Person
from meshsim.site.opening import check
from meshsim.site.ports import Network
from meshsim.site.records import share_key
from meshsim.wire import Body, NetworkError, Request, Response, read

JSON = {"content-type": "application/json"}
LONGEST = 64 << 20
"""Bytes of an answer that is held."""

Listed = tuple[str, str]


class Actor(Protocol):
    """Somebody who gives and takes. Paths are below their home."""

    address: OcmAddress

    def can(self, *verbs: str) -> bool:
        """Whether they can do all of this; `conformance.drivers` has the verbs."""
        ...

    async def put(self, path: str, data: bytes) -> None:
        """Write a file of theirs."""

    async def get(self, path: str) -> bytes:
        """Read a file of theirs."""
        ...

    async def make_folder(self, path: str) -> None:
        """Make a folder of theirs."""

    async def share(
        self, path: str, to: OcmAddress, share_type: str, permissions: tuple[str, ...] = ("read",)
    ) -> str:
        """Give something; its providerId."""
        ...

    async def unshare(self, provider_id: str) -> None:
        """Take it back."""

    async def accept(self, host: str, provider_id: str) -> None:
        """Take what somebody at `host` gave."""

    async def open(
        self, host: str, provider_id: str, method: str, path: str = "", **options: Any
    ) -> Response:
        """A WebDAV request inside a share that was taken; whatever its answer."""
        ...

    async def invite(self) -> str:
        """An invite string, to be handed over."""
        ...

    async def accept_invite(self, invite: str) -> None:
        """Take up somebody's invite."""

    async def given(self) -> list[Listed]:
        """What they gave: providerId and state."""
        ...

    async def received(self) -> list[Listed]:
        """What they were given: the giver's host, a space, the providerId; and its state."""
        ...

    async def contacts(self) -> list[str]:
        """Whom they know."""
        ...


async def content(actor: Actor, host: str, provider_id: str, path: str = "") -> bytes:
    """The bytes of a file in a share that was taken."""
    answer = await actor.open(host, provider_id, "GET", path)
    return await read(check(answer, "GET").body, LONGEST)


class Local:
    """Somebody at a peer of ours."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.address = person.address

    def can(self, *verbs: str) -> bool:
        """All of it."""
        return True

    @property
    def site(self) -> Any:
        """The peer."""
        return self.person.site

    async def put(self, path: str, data: bytes) -> None:
        """Write a file of theirs."""
        self.person.put(path, data)

    async def get(self, path: str) -> bytes:
        """Read a file of theirs."""
        return await self.person.get(path)

    async def make_folder(self, path: str) -> None:
        """Make a folder of theirs."""
        self.person.make_folder(path)

    async def share(
        self, path: str, to: OcmAddress, share_type: str, permissions: tuple[str, ...] = ("read",)
    ) -> str:
        """Give something; its providerId. PeerError if it is only offered yet."""
        share = await self.person.share(path, to, permissions, share_type=share_type)
        if share.state == "offered":
            raise PeerError(share.reason or "no answer yet")
        return share.provider_id

    async def unshare(self, provider_id: str) -> None:
        """Take it back."""
        await self.site.sending.unshare(self.address.user, provider_id)

    async def accept(self, host: str, provider_id: str) -> None:
        """Take what somebody at `host` gave."""
        await self.site.receiving.accept(self.address.user, share_key(host, provider_id))

    async def open(
        self, host: str, provider_id: str, method: str, path: str = "", **options: Any
    ) -> Response:
        """A WebDAV request inside a share that was taken."""
        key = share_key(host, provider_id)
        answer: Response = await self.site.opening.request(self.address.user, key, method, path, **options)
        return answer

    async def invite(self) -> str:
        """An invite string, to be handed over."""
        return self.person.invite().string

    async def accept_invite(self, invite: str) -> None:
        """Take up somebody's invite."""
        await self.person.accept_invite(invite)

    async def given(self) -> list[Listed]:
        """What they gave."""
        return [(share.provider_id, str(share.state)) for share in self.person.given()]

    async def received(self) -> list[Listed]:
        """What they were given."""
        return [(share.key, str(share.state)) for share in self.person.received()]

    async def contacts(self) -> list[str]:
        """Whom they know."""
        return [str(contact.address) for contact in self.person.contacts()]


class Answered(OcmError):
    """The target refused what one of its users asked for."""


FILES = frozenset({"put", "get", "folder", "remove", "home"})
"""What is done by WebDAV alone."""


class Remote:
    """Somebody at the target, who signs in by name and password.

    With `dav`, the path of their own files, the site is of another kind, and they only do what WebDAV can.
    """

    def __init__(
        self, base: str, address: OcmAddress, password: str, network: Network, dav: str = ""
    ) -> None:
        self.base = base.rstrip("/")
        self.address = address
        self.network = network
        basic = b64encode(f"{address.user}:{password}".encode()).decode()
        self.headers: Mapping[str, str] = {"authorization": f"Basic {basic}"}
        user = quote(address.user, safe="")
        self.home = self.base + (dav.replace("{user}", user).rstrip("/") or f"/dav/files/{user}")
        self._dav = bool(dav)

    def can(self, *verbs: str) -> bool:
        """All of it, by the user API; files by WebDAV everywhere."""
        return not self._dav or FILES.issuperset(verbs)

    async def send(self, method: str, url: str, body: Body = b"", **headers: str) -> Response:
        """Any request in their name; PeerError without an answer."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            return await self.network.send(Request(method, url, {**self.headers, **named}, body))
        except NetworkError as error:
            raise PeerError(error.reason) from error

    async def api(self, method: str, path: str, document: Any = None) -> Any:
        """A request to the user API; what it answers, or Answered with what it refused."""
        body = b"" if document is None else msgspec.json.encode(document)
        answer = await self.send(method, f"{self.base}/api{path}", body, **({} if not body else _TYPED))
        data = await read(answer.body, LONGEST)
        if answer.status >= 300:
            after = answer.headers.get("retry-after", "")
            raise Answered(
                f"{answer.status} {_message(data)}".strip(),
                status=answer.status,
                retry_after=int(after) if after.isdigit() else None,
            )
        try:
            return msgspec.json.decode(data) if data else None
        except msgspec.DecodeError as error:
            raise PeerError("the answer is no JSON") from error

    async def file(self, method: str, path: str, body: Body = b"", **headers: str) -> Response:
        """A WebDAV request in their home, whatever its answer."""
        return await self.send(method, f"{self.home}/{quote(path.strip('/'))}", body, **headers)

    async def put(self, path: str, data: bytes) -> None:
        """Write a file of theirs."""
        check(await self.file("PUT", path, data), "PUT")

    async def get(self, path: str) -> bytes:
        """Read a file of theirs."""
        return await read(check(await self.file("GET", path), "GET").body, LONGEST)

    async def make_folder(self, path: str) -> None:
        """Make a folder of theirs."""
        check(await self.file("MKCOL", path), "MKCOL")

    async def share(
        self, path: str, to: OcmAddress, share_type: str, permissions: tuple[str, ...] = ("read",)
    ) -> str:
        """Give something; its providerId. PeerError if it is only offered yet."""
        asked = {"path": path, "shareWith": str(to), "shareType": share_type, "permissions": permissions}
        made = await self.api("POST", "/shares/sent", asked)
        if made["state"] == "offered":
            raise PeerError(made["reason"] or "no answer yet")
        return str(made["providerId"])

    async def unshare(self, provider_id: str) -> None:
        """Take it back."""
        await self.api("DELETE", f"/shares/sent/{quote(provider_id, safe='')}")

    async def accept(self, host: str, provider_id: str) -> None:
        """Take what somebody at `host` gave."""
        await self.api("POST", f"/shares/received/{quote(share_key(host, provider_id), safe='')}/accept")

    async def open(
        self, host: str, provider_id: str, method: str, path: str = "", **options: Any
    ) -> Response:
        """A WebDAV request inside a share that was taken."""
        key = quote(share_key(host, provider_id), safe="")
        url = f"{self.base}/api/shares/received/{key}/files/{quote(path.strip('/'))}"
        named = {name.replace("-", "_"): value for name, value in (options.get("headers") or {}).items()}
        return await self.send(method, url, options.get("body", b""), **named)

    async def invite(self) -> str:
        """An invite string, to be handed over."""
        return str((await self.api("POST", "/invites", {}))["inviteString"])

    async def accept_invite(self, invite: str) -> None:
        """Take up somebody's invite."""
        await self.api("POST", "/invites/accept", {"invite": invite})

    async def given(self) -> list[Listed]:
        """What they gave."""
        return [
            (row["providerId"], row["state"]) for row in (await self.api("GET", "/shares/sent"))["shares"]
        ]

    async def received(self) -> list[Listed]:
        """What they were given."""
        return [(row["key"], row["state"]) for row in (await self.api("GET", "/shares/received"))["shares"]]

    async def contacts(self) -> list[str]:
        """Whom they know."""
        return [row["address"] for row in (await self.api("GET", "/contacts"))["contacts"]]


_TYPED = {"content_type": "application/json"}


def _message(data: bytes) -> str:
    try:
        found = msgspec.json.decode(data)
        return str(found["message"])[:120]
    except (msgspec.DecodeError, TypeError, KeyError):
        return ""
