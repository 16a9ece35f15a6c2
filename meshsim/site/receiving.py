"""Receiving Server: takes in shares, lets users accept, decline and leave them.

Knows nothing of HTTP or JSON; `apis/ocm.py` translates.
"""

import hashlib
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from meshsim.ocm import notification as note
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.document import dump
from meshsim.ocm.errors import (
    Conflict,
    Forbidden,
    LocalError,
    NotFound,
    PeerError,
    Problem,
    RemoteError,
    UnknownRecipient,
    Unsupported,
)
from meshsim.ocm.lifecycle import HELD, Refused, Share, ShareEvent
from meshsim.ocm.notification import Detail, FileDetail, GroupDetail, Notification
from meshsim.ocm.share import EXCHANGE, MFA, Protocol, ShareAnswer, ShareCreation, Webdav
from meshsim.ocm.token import receiver_choice
from meshsim.site.gate import MUST_EXCHANGE
from meshsim.site.outbox import Job, Told
from meshsim.site.peers import heard
from meshsim.site.records import GONE_GROUPS, Errand, ReceivedShare, share_key, step_received
from meshsim.site.sending import check_types
from meshsim.stores import Drop, Put
from meshsim.wire import Request

if TYPE_CHECKING:
    from meshsim.site.site import Site

BASIC_PERMISSIONS = ("read",)
"""What a share without stated permissions gives (the field is optional in the draft)."""


class Receiving:
    """Shares that were given to our users and groups."""

    __slots__ = ("dissolved_job", "job", "site")

    def __init__(self, site: "Site") -> None:
        self.site = site
        self.job = Job(self._tell, site.tell_patience, lambda errand: [])
        self.dissolved_job = Job(self._tell_dissolved, site.tell_patience, lambda errand: [])

    async def take(self, request: Request, creation: ShareCreation) -> ShareAnswer:
        """A Share Creation Notification. The refusals are OcmErrors with the status to answer."""
        site = self.site
        sender, owner = creation.sender_address, creation.owner_address
        recipient = creation.recipient_address
        members = self._members(creation.share_type, recipient.user) if recipient.host == site.host else ()
        invited = partial(self._knows, members, sender)
        await site.gate.admit(request, "shares", sender.host, invited=invited)
        if owner.host != sender.host:
            # The draft lets nobody but the owner's server share (section 8; wire.md section 8, 42).
            raise Forbidden(f"owner is at {owner.host}, but the share comes from {sender.host}")
        self._check_support(creation)
        if not members:
            raise UnknownRecipient(f"no {creation.share_type} {creation.share_with!r} here")
        webdav, legacy = self._access(creation)
        if EXCHANGE in (webdav.requirements or ()):
            await self._check_exchange(sender.host)
        name = self._display_name(creation.share_type, recipient.user)
        share = self._offered(creation, sender.host, recipient.user, webdav, legacy=legacy)
        known = site.records.received(share.key)
        if known is not None:
            # The same again is the sender making sure; anything else would change a share behind its user.
            if known.offer != share.offer or known.state is Share.REVOKED:
                raise Conflict(f"providerId {creation.provider_id!r} was used before")
            return ShareAnswer(name)
        site.tidying.sometimes()
        site.records.commit([share.put(), *site.wishing.fulfilled(share, creation)])
        return ShareAnswer(name)

    def _knows(self, members: tuple[str, ...], sender: OcmAddress) -> bool:
        if not members and self.site.profile.dialect.strangers_first:
            return True  # and it is refused for that
        return any(self.site.records.contact(member, sender) is not None for member in members)

    def _offered(
        self, creation: ShareCreation, host: str, recipient: str, webdav: Webdav, *, legacy: bool
    ) -> ReceivedShare:
        """The share as it is kept until its user answers."""
        return ReceivedShare(
            key=share_key(host, creation.provider_id),
            host=host,
            provider_id=creation.provider_id,
            recipient=recipient,
            share_type=creation.share_type,
            owner=creation.owner,
            sender=creation.sender,
            name=creation.name,
            resource_type=creation.resource_type,
            uri=webdav.uri,
            secret=webdav.shared_secret,
            legacy=legacy,
            permissions=webdav.permissions or BASIC_PERMISSIONS,
            requirements=webdav.requirements or (),
            expiration=creation.expiration,
            received=self.site.now(),
            offer=hashlib.sha256(dump(creation)).digest(),
        )

    def _members(self, share_type: str, recipient: str) -> tuple[str, ...]:
        users = self.site.ports.users
        if share_type == "group":
            return users.group(recipient) or ()
        return (recipient,) if users.find(recipient) is not None else ()

    def _display_name(self, share_type: str, recipient: str) -> str:
        user = self.site.ports.users.find(recipient) if share_type == "user" else None
        return recipient if user is None else user.name

    def _check_support(self, creation: ShareCreation) -> None:
        for resource in self.site.discovery.resource_types:
            if resource.name == creation.resource_type:
                if creation.share_type not in resource.share_types:
                    raise Unsupported(f"shareType {creation.share_type!r} is not supported")
                return
        raise Unsupported(f"resourceType {creation.resource_type!r} is not supported")

    def _access(self, creation: ShareCreation) -> tuple[Webdav, bool]:
        protocol, criteria = creation.protocol, self.site.profile.criteria
        self._check_scheme(protocol)
        for offered in (protocol.webdav, protocol.webapp):
            if (
                offered is not None
                and MUST_EXCHANGE in criteria
                and EXCHANGE not in (offered.requirements or ())
            ):
                raise Forbidden("this server takes only shares that require token exchange")
        if protocol.webdav is not None:
            webdav, legacy = protocol.webdav, False
        elif protocol.options is not None:
            if MUST_EXCHANGE in criteria:
                raise Forbidden("this server takes only shares that require token exchange")
            webdav, legacy = legacy_access(protocol.options), True
        else:
            raise Unsupported("none of the offered protocols is supported; this server reads webdav")
        if MFA in (webdav.requirements or ()) and not self.site.profile.mfa:
            raise Unsupported("this server cannot honour must-use-mfa")
        if EXCHANGE in (webdav.requirements or ()) and not self.site.exchanges:
            raise Unsupported("this server cannot honour must-exchange-token")
        return webdav, legacy

    def _check_scheme(self, protocol: Protocol) -> None:
        """Secrets and tokens of a share never go where anybody could read them on the way (OCM-TOK-043)."""
        if self.site.profile.scheme != "https":
            return
        webdav, webapp = protocol.webdav, protocol.webapp
        bad = ["webdav"] if webdav is not None and webdav.uri.startswith("http://") else []
        if webapp is not None and webapp.uri.startswith("http://"):
            bad.append("webapp")
        if bad:
            raise RemoteError.naming(*(Problem(f"protocol.{name}.uri", "must be https") for name in bad))

    async def _check_exchange(self, host: str) -> None:
        peer = self.site.peers.at_hand(host) or await self.site.peers.discover(host)
        receiver_choice(required=True, sender_can=peer.discovery.can("exchange-token"))

    def get(self, user: str, key: str) -> ReceivedShare:
        """A share that the user has, alone or through a group; LocalError if not."""
        share = self.site.records.received(key)
        if share is None or not self._concerns(user, share):
            raise LocalError(f"{user} has no share {key!r}", status=404)
        return share

    def _concerns(self, user: str, share: ReceivedShare) -> bool:
        if share.share_type == "group":
            return user in self._members("group", share.recipient) and user not in share.left
        return user == share.recipient

    def shares(self, user: str, groups: tuple[str, ...] = ()) -> list[ReceivedShare]:
        """The shares a user has been given and still has, also through the groups named."""
        found = [
            share
            for recipient in (user, *groups)
            for share in self.site.records.received_by(recipient)
            if share.state in HELD and self._concerns(user, share) and not self.has_expired(share)
        ]
        return found

    def has_expired(self, share: ReceivedShare) -> bool:
        """Whether its time is over."""
        return share.expiration is not None and share.expiration <= self.site.now()

    async def accept(self, user: str, key: str) -> ReceivedShare:
        """The user takes the share; the sender is told until it knows."""
        return await self._answer(user, key, ShareEvent.ACCEPT)

    async def decline(self, user: str, key: str) -> ReceivedShare:
        """The user refuses the share, or leaves it. A group's share ends when all its members left."""
        share = self.get(user, key)
        if share.share_type == "group":
            share = replace(share, left=(*share.left, user))
            if set(self._members("group", share.recipient)) - set(share.left):
                self.site.records.commit([share.put()])
                return share
        return await self._answer(user, key, ShareEvent.DECLINE, left=share.left)

    async def _answer(
        self, user: str, key: str, event: ShareEvent, left: tuple[str, ...] = ()
    ) -> ReceivedShare:
        share = self.get(user, key)
        if event is ShareEvent.ACCEPT and self.has_expired(share):
            raise LocalError(f"share {share.name!r} has expired", status=409)
        try:
            after = step_received(share, event, left=left)
        except Refused as refused:
            raise LocalError(f"share {share.name!r}: {refused}", status=409) from refused
        outbox = self.site.outbox
        self.site.records.commit([after.put(), outbox.errand("received", key, share.host)])
        await outbox.run("received", key)
        return self.site.records.received(key) or after

    def changed(self, host: str, notification: Notification) -> None:
        """SHARE_UNSHARED or SHARE_CHANGE_PERMISSION from the sender; NotFound, Conflict, RemoteError."""
        provider_id = notification.share_id
        share = self.site.records.received(share_key(host, provider_id))
        if share is None:
            raise NotFound(f"{host} has given no share {provider_id!r} here")
        check_types(notification, share.resource_type, share.share_type)
        if notification.notification_type == note.SHARE_UNSHARED:
            after = step_received(share, ShareEvent.UNSHARE)
        else:
            if share.state not in HELD:
                raise Conflict(f"the share is {share.state}")
            permissions = notification.permissions
            after = share if permissions is None else replace(share, permissions=permissions)
        if after != share:
            self.site.records.commit([after.put()])

    def between(self, user: str | None, sender: OcmAddress) -> list[ReceivedShare]:
        """What the sender gave to our user (None: to anybody) and still stands."""
        return [
            share
            for share in self.site.records.received_by(user)
            if share.sender_address.person == sender.person and share.state in HELD
        ]

    def ended(self, shares: list[ReceivedShare], event: ShareEvent) -> list[Put | Drop]:
        """The changes that end these shares; what our user ended (DECLINE) is told."""
        changes: list[Put | Drop] = [step_received(share, event).put() for share in shares]
        if event is ShareEvent.DECLINE:
            changes += [self.site.outbox.errand("received", share.key, share.host) for share in shares]
        return changes

    async def _tell(self, errand: Errand) -> Told:
        share = self.site.records.received(errand.subject)
        if share is None or share.state not in (Share.ACCEPTED, Share.DECLINED):
            return Told()
        accepted = share.state is Share.ACCEPTED
        notification = Notification(
            notification_type=note.SHARE_ACCEPTED if accepted else note.SHARE_DECLINED,
            sender_domain=self.site.host,
            resource_type=share.resource_type,
            share_type=share.share_type,
            notification=Detail(file=FileDetail(provider_id=share.provider_id)),
        )
        try:
            await self.site.notify(share.host, notification, share.secret)
        except PeerError as error:
            if not heard(error):
                raise
            if error.answered == 404:
                # The sender does not know it (any more): what we hold opens nothing.
                now = self.site.records.received(errand.subject) or share
                return Told([step_received(now, ShareEvent.UNSHARE).put()])
        return Told()

    async def dissolve(self, group: str) -> None:
        """A group of ours is given up: what it was given ends, and whoever gave it is told."""
        users = self.site.ports.users
        if users.group(group) is None:
            raise LocalError(f"no group {group!r} at {self.site.host}", status=404)
        taken = [share for share in self.site.records.received_by(group) if share.share_type == "group"]
        held = [share for share in taken if share.state in HELD]
        outbox = self.site.outbox
        subjects = {share.host: f"{share.host} {group}" for share in held}
        errands = [outbox.errand("dissolved", subject, host) for host, subject in subjects.items()]
        gone = Put(GONE_GROUPS, group, group)
        self.site.records.commit([gone, *self.ended(held, ShareEvent.DECLINE), *errands])
        users.dissolve(group)
        for subject in subjects.values():
            await outbox.run("dissolved", subject)
        for share in held:
            # For servers that know no word for the end of a group.
            await outbox.run("received", share.key)

    def resume(self) -> None:
        """Groups that were given up before a restart stay away."""
        users = self.site.ports.users
        for group in self.site.records.store.rows(GONE_GROUPS):
            if users.group(group) is not None:
                users.dissolve(group)

    async def _tell_dissolved(self, errand: Errand) -> Told:
        group = errand.subject.partition(" ")[2]
        if self.site.ports.users.group(group) is not None:
            return Told()  # there is one of that name again
        notification = Notification(
            notification_type=note.GROUP_REMOVED,
            sender_domain=self.site.host,
            share_type="group",
            notification=Detail(group=GroupDetail(group_id=str(self.site.address(group)))),
        )
        try:
            await self.site.notify(errand.host, notification, "")
        except PeerError as error:
            if not heard(error):
                raise
        return Told()


def legacy_access(options: dict[str, object]) -> Webdav:
    """The access that options.sharedSecret of 1.0 gives; permissions were never defined there."""
    secret = options.get("sharedSecret")
    if not isinstance(secret, str) or not secret:
        raise RemoteError("protocol.options.sharedSecret is missing")
    return Webdav(uri="", shared_secret=secret, permissions=("read", "write", "share"))
