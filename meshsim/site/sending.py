"""Sending Server: our users give shares, change them and take them back.

A share is written down before the other side hears of it, and is told until it is certain; see
`outbox.py`. It works from then on only for who holds its secret.
"""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from meshsim.ocm import notification as note
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.errors import Conflict, LocalError, NotFound, OcmError, PeerError, RemoteError
from meshsim.ocm.lifecycle import HELD, OPEN, Refused, Share, ShareEvent
from meshsim.ocm.notification import Detail, FileDetail, Notification
from meshsim.ocm.share import EXCHANGE, MFA, READ, SHARE, WRITE, Protocol, ShareCreation, Webdav
from meshsim.ocm.token import sender_requirement
from meshsim.site.gate import MUST_EXCHANGE, MUST_INVITE
from meshsim.site.outbox import Job, Told
from meshsim.site.peers import Peer, final, heard, judge
from meshsim.site.records import Errand, SentShare, contact_key, put_indexes, step_sent
from meshsim.stores import Drop, Put

if TYPE_CHECKING:
    from meshsim.site.site import Site


class Sending:
    """Shares that our users give."""

    __slots__ = ("job", "site")

    def __init__(self, site: "Site") -> None:
        self.site = site
        self.job = Job(self._tell, self._patience, self._give_up)

    async def share(
        self,
        owner: str,
        path: str,
        recipient: OcmAddress,
        *,
        permissions: tuple[str, ...] = (READ,),
        share_type: str = "user",
        expiration: int | None = None,
        require_exchange: bool = False,
        require_mfa: bool = False,
        wish: str = "",
    ) -> SentShare:
        """Give a share of a file or folder; `path` starts at the owner's home, `wish` is the key of
        the request that it answers.

        Returns a share that is pending, or still offered when no answer came: it is then told again
        until it is certain. LocalError if it may not be given, PeerError if it was refused.
        """
        site = self.site
        where, folder = self._resource(owner, path)
        self._check_request(where, recipient, permissions, expiration)
        peer = site.peers.at_hand(recipient.host)
        if peer is None:
            peer = await site.peers.discover(recipient.host)
            self._check_twin(where, recipient)  # somebody may have been quicker
        resource_type = "folder" if folder else "file"
        self._check_taken(peer, owner, recipient, resource_type, share_type)
        requirements = self._requirements(peer, require_exchange, require_mfa)
        provider_id = site.profile.dialect.share_id(site.ports.entropy.bytes("providerId", 12))
        share = SentShare(
            provider_id=provider_id,
            owner=owner,
            path=where,
            name=where.rpartition("/")[2],
            resource_type=resource_type,
            recipient=recipient,
            share_type=share_type,
            permissions=permissions,
            requirements=requirements,
            secret="",
            expiration=expiration,
            created=site.now(),
            offered=permissions,
        )
        share = replace(share, secret=site.granting.secrets.issue(site.granting.grant(share, expiration)))
        if "share" not in peer.plain:
            # Said before anything is written: a share that our accent cannot express is not begun.
            site.peers.spoken(peer, "share", self._creation(share, peer))
        site.tidying.sometimes()
        errand = site.outbox.errand("sent", provider_id, recipient.host)
        asked = site.records.wish(wish) if wish else None
        answer = [] if asked is None else [replace(asked, share=provider_id).put()]
        site.records.commit([share.put(), *put_indexes(share), errand, *answer])
        await site.outbox.run("sent", provider_id)
        after = self.get(provider_id)
        if after.state is Share.FAILED or (after.state is Share.REVOKED and after.reason):
            raise PeerError(f"{recipient.host} refused the share: {after.reason}")
        return after

    def _resource(self, owner: str, path: str) -> tuple[str, bool]:
        self.site.user(owner)
        where = f"/{owner}/{path.strip('/')}"
        entry = self.site.entry(where) if path.strip("/") else None
        if entry is None:
            raise LocalError(f"{owner} has no file or folder {path!r}", status=404)
        return where, entry.folder

    def _check_request(
        self, where: str, recipient: OcmAddress, permissions: tuple[str, ...], expiration: int | None
    ) -> None:
        if recipient.host == self.site.host:
            raise LocalError(f"{recipient} is at this site; a share by OCM goes to another one")
        check_permissions(permissions)
        if expiration is not None and expiration <= self.site.now():
            raise LocalError("expiration is in the past")
        self._check_twin(where, recipient)

    def _check_taken(
        self, peer: Peer, owner: str, recipient: OcmAddress, resource_type: str, share_type: str
    ) -> None:
        """LocalError where the other server says beforehand that it would refuse."""
        site, discovery = self.site, peer.discovery
        if not discovery.accepts(resource_type, share_type, "webdav"):
            raise LocalError(
                f"{peer.host} does not take webdav shares of a {resource_type} to a {share_type}", status=501
            )
        if (
            discovery.demands(MUST_INVITE)
            and share_type == "user"
            and site.records.contact(owner, recipient) is None
        ):
            raise LocalError(f"{peer.host} demands an invite, and {recipient} is no contact", status=403)

    def _requirements(self, peer: Peer, require_exchange: bool, require_mfa: bool) -> tuple[str, ...]:
        site, discovery = self.site, peer.discovery
        requirements = sender_requirement(
            receiver_demands=discovery.demands(MUST_EXCHANGE),
            receiver_can=discovery.can("exchange-token"),
            sender_can=site.exchanges,
        )
        require_exchange = require_exchange or EXCHANGE in site.profile.dialect.requirements
        if require_exchange and EXCHANGE not in requirements:
            if not (site.exchanges and discovery.can("exchange-token")):
                raise LocalError(f"token exchange is not known to both this site and {peer.host}")
            requirements = (*requirements, EXCHANGE)
        if require_mfa:
            if not discovery.can("enforce-mfa"):
                raise LocalError(f"{peer.host} does not promise a second factor (enforce-mfa)", status=501)
            requirements = (*requirements, MFA)
        return requirements

    def _check_twin(self, where: str, recipient: OcmAddress) -> None:
        share = self.site.records.latest(where, recipient)
        if share is not None and self.site.granting.is_open(share):
            raise LocalError(f"{where!r} is already shared with {recipient}", status=409)

    def _creation(self, share: SentShare, peer: Peer) -> ShareCreation:
        site = self.site
        owner = str(site.address(share.owner))
        wants = peer.receives(share.resource_type)
        uri = share.provider_id
        if wants is not None and wants.uri == "absolute":
            uri = site.dav_url(share.provider_id)
        user = site.ports.users.find(share.owner)
        return ShareCreation(
            share_with=str(share.recipient),
            name=share.name,
            provider_id=share.provider_id,
            owner=owner,
            sender=owner,
            share_type=share.share_type,
            resource_type=share.resource_type,
            sender_display_name=None if user is None else user.name,
            expiration=share.expiration,
            protocol=Protocol(
                name="multi",
                webdav=Webdav(uri, share.secret, share.offered, share.requirements or None),
            ),
        )

    def get(self, provider_id: str, owner: str | None = None) -> SentShare:
        """A share we gave; LocalError if there is none, or it is not that owner's."""
        share = self.site.records.sent(provider_id)
        if share is None or owner not in (None, share.owner):
            raise LocalError(f"no share {provider_id!r}", status=404)
        return share

    async def unshare(self, owner: str, provider_id: str) -> SentShare:
        """Take a share back: it ends here at once, and the other side is told until it knows."""
        share = self.get(provider_id, owner)
        try:
            after = step_sent(share, ShareEvent.UNSHARE)
        except Refused as refused:
            raise LocalError(f"share {provider_id}: {refused}", status=409) from refused
        return await self._changed(after)

    async def change_permissions(
        self, owner: str, provider_id: str, permissions: tuple[str, ...]
    ) -> SentShare:
        """Change what the recipient may do: at once here, and the other side is told."""
        share = self.get(provider_id, owner)
        check_permissions(permissions)
        if share.state not in HELD:
            raise LocalError(f"cannot change a share that is {share.state}", status=409)
        return await self._changed(replace(share, permissions=permissions))

    async def _changed(self, share: SentShare) -> SentShare:
        outbox = self.site.outbox
        self.site.records.commit(
            [share.put(), outbox.errand("sent", share.provider_id, share.recipient.host)]
        )
        await outbox.run("sent", share.provider_id)
        return self.get(share.provider_id)

    def answered(self, host: str, notification: Notification) -> None:
        """SHARE_ACCEPTED or SHARE_DECLINED of a recipient at `host`; NotFound, Conflict, RemoteError."""
        share = self.of_peer(host, notification)
        accepted = notification.notification_type == note.SHARE_ACCEPTED
        try:
            after = step_sent(share, ShareEvent.ACCEPT if accepted else ShareEvent.DECLINE)
        except Refused as refused:
            raise Conflict(f"share {share.provider_id}: {refused}") from refused
        if after.state is not share.state:
            self.site.records.commit([after.put()])

    def of_peer(self, host: str, notification: Notification) -> SentShare:
        """The share that a notification from its receiving server is about; NotFound, RemoteError."""
        provider_id = notification.share_id
        share = self.site.records.sent(provider_id)
        if share is None or share.recipient.host != host or share.state is Share.FAILED:
            raise NotFound(f"no share {provider_id!r} was given to {host}")
        check_types(notification, share.resource_type, share.share_type)
        return share

    def between(self, user: str | None, recipient: OcmAddress) -> list[SentShare]:
        """What our user (None: anybody) gave to the recipient and still stands."""
        return [
            share
            for share in self.site.records.sent_by(user)
            if share.recipient.person == recipient.person and share.state in OPEN
        ]

    def ended(self, shares: list[SentShare]) -> list[Put | Drop]:
        """The changes that take these shares back, and tell of it."""
        changes: list[Put | Drop] = []
        for share in shares:
            changes.append(step_sent(share, ShareEvent.UNSHARE).put())
            changes.append(self.site.outbox.errand("sent", share.provider_id, share.recipient.host))
        return changes

    def group_removed(self, host: str, notification: Notification) -> None:
        """GROUP_REMOVED from another server: what we shared with its group ends."""
        detail = None if notification.notification is None else notification.notification.group
        if detail is None:
            raise RemoteError("notification.group is missing")
        # The draft does not say whether it is an address or the name that the group has there.
        known = detail.group_id
        group = OcmAddress.parse(known) if "@" in known else OcmAddress(known, host)
        if group.host != host:
            raise RemoteError(f"{host} cannot remove {group}", status=403)
        shares = [share for share in self.between(None, group) if share.share_type == "group"]
        if shares:
            self.site.records.commit(self.ended(shares))
        for share in shares:
            self.site.outbox.soon("sent", share.provider_id)

    async def _tell(self, errand: Errand) -> Told:
        share = self.get(errand.subject)
        if share.state is Share.OFFERED:
            return await self._offer(errand, share)
        if share.state is Share.REVOKED:
            kind, permissions = note.SHARE_UNSHARED, None
        elif share.state in HELD and (share.permissions != share.offered or errand.doubt):
            kind, permissions = note.SHARE_CHANGE_PERMISSION, share.permissions
        else:
            return Told()
        notification = Notification(
            notification_type=kind,
            sender_domain=self.site.host,
            resource_type=share.resource_type,
            share_type=share.share_type,
            notification=Detail(file=FileDetail(provider_id=share.provider_id, permissions=permissions)),
        )
        try:
            await self.site.notify(share.recipient.host, notification, share.secret)
        except PeerError as error:
            if not heard(error):
                raise
            if permissions is not None and error.answered == 404:
                return self._settle(share, ShareEvent.DECLINE, "the receiving server does not have it")
        now = self.get(share.provider_id)
        changes = [] if permissions is None else [replace(now, offered=permissions).put()]
        return Told(changes, ordered=True)

    async def _offer(self, errand: Errand, share: SentShare) -> Told:
        site = self.site
        if site.records.parting(contact_key(share.owner, share.recipient)) is not None:
            # Told later, it would end this share too.
            raise PeerError(f"first {share.recipient.host} has to hear of the end of a contact")
        try:
            peer = site.peers.at_hand(share.recipient.host) or await site.peers.discover(share.recipient.host)
            response = await site.peers.post(peer, "/shares", "share", self._creation(share, peer))
            await judge(peer, response)
            # Only 201 means that the share is there (OCM-SHARE-123).
            if response.status != 201:
                raise PeerError(f"answered {response.status} instead of 201", answered=response.status)
        except PeerError as error:
            if not final(error):
                raise
            if errand.doubt:
                # An earlier offer may have been taken all the same: it is taken back for certain.
                self.site.outbox.kicked.add(errand.key)
                return self._settle(share, ShareEvent.UNSHARE, error.message)
            return self._settle(share, ShareEvent.REFUSE, error.message)
        except OcmError as error:
            return self._settle(share, ShareEvent.REFUSE, error.message)
        return self._settle(share, ShareEvent.CONFIRM, "")

    def _settle(self, share: SentShare, event: ShareEvent, reason: str) -> Told:
        now = self.get(share.provider_id)  # its recipient, or its owner, may have been quicker
        try:
            return Told([step_sent(now, event, reason=reason).put()])
        except Refused:
            return Told()

    def _patience(self, errand: Errand) -> float:
        profile, share = self.site.profile, self.get(errand.subject)
        return profile.offer_patience if share.state is Share.OFFERED else profile.tell_patience

    def _give_up(self, errand: Errand) -> list[Put | Drop]:
        share = self.get(errand.subject)
        if share.state is not Share.OFFERED:
            return []
        reason = f"{share.recipient.host} could not be reached"
        after = step_sent(share, ShareEvent.UNSHARE, reason=reason)
        # It may have arrived all the same: from here on the receiving server is told that it is gone.
        renewed = replace(errand, since=self.site.now(), tries=0)
        return [after.put(), renewed.put()]


def check_permissions(permissions: tuple[str, ...]) -> None:
    """LocalError unless these are permissions that a WebDAV share can have."""
    known = set(permissions) & {READ, WRITE, SHARE}
    if not permissions or len(known) < len(permissions):
        raise LocalError(f"permissions are some of read, write, share, each once; not {list(permissions)}")


def check_types(notification: Notification, resource_type: str, share_type: str) -> None:
    """RemoteError unless the types given are those of the share (OCM-NOTIF-033, 034)."""
    if notification.resource_type not in (None, resource_type):
        raise RemoteError(f"resourceType of this share is {resource_type!r}")
    if notification.share_type not in (None, share_type):
        raise RemoteError(f"shareType of this share is {share_type!r}")
