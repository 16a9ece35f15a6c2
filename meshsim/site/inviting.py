"""Invites: issuing them, accepting them, and the contacts that come of it, until one ends it."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from meshsim.ocm import notification as note
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.document import convert, load, recognize
from meshsim.ocm.errors import (
    Conflict,
    LocalError,
    OcmError,
    PeerError,
    RemoteError,
    Unavailable,
    UnknownToken,
)
from meshsim.ocm.invite import Acceptance, Identity, Invite
from meshsim.ocm.lifecycle import Deal, DealEvent, ShareEvent
from meshsim.ocm.notification import Detail, Notification, UserDetail
from meshsim.site.outbox import Job, Told
from meshsim.site.peers import final, heard, judge, read_answer
from meshsim.site.records import (
    Contact,
    Errand,
    Invitation,
    Joining,
    Parting,
    contact_key,
    drop_contact,
    drop_parting,
    step_deal,
)
from meshsim.stores import Drop, Put
from meshsim.wire import Request

if TYPE_CHECKING:
    from meshsim.site.site import Site


class AlreadyAccepted(Conflict):
    """The invite was taken up before. `identity` is told only to the one who took it up."""

    def __init__(self, identity: Identity | None) -> None:
        super().__init__("this invite has been accepted before")
        self.identity = identity


def _same(one: OcmAddress | None, other: OcmAddress) -> bool:
    return one is not None and one.person == other.person


class Inviting:
    """The invitation workflow, in both roles."""

    __slots__ = ("joining_job", "parting_job", "site")

    def __init__(self, site: "Site") -> None:
        self.site = site
        # Asked for as long as an invite lives: only the inviting server knows how it ended.
        self.joining_job = Job(self._join, site.tell_patience, self._give_up_joining)
        self.parting_job = Job(self._part, site.tell_patience, self._parted)

    def invite(self, user: str, description: str = "", lifetime: float | None = None) -> Invitation:
        """A new invite of one of our users; `lifetime` in seconds."""
        site = self.site
        if not site.profile.dialect.invites:
            raise LocalError(f"{site.host} does not know invites")
        site.user(user)
        site.tidying.sometimes()
        lifetime = site.profile.invite_lifetime if lifetime is None else lifetime
        invitation = Invitation(
            token=site.ports.entropy.token("invite", site.profile.token_bytes),
            user=user,
            description=description,
            expires=site.now() + lifetime,
        )
        site.records.commit([invitation.put()])
        return invitation

    def text(self, invitation: Invitation) -> Invite:
        """What is handed to the invited person, as string or link."""
        return Invite(invitation.token, self.site.host)

    async def accepted(self, request: Request, acceptance: Acceptance) -> Identity:
        """An acceptance from another server: 400, 403, 409 (AlreadyAccepted) or who invited."""
        site = self.site
        host = acceptance.host
        await site.gate.admit(request, "invite-accepted", host)
        acceptor = OcmAddress(acceptance.user_id, host)
        invitation = site.records.invitation(acceptance.token)
        if invitation is None:
            raise UnknownToken("the token is not one of ours")
        inviter = site.user(invitation.user)
        identity = Identity(inviter.id, inviter.email, inviter.name)
        if invitation.state is not Deal.OPEN:
            # Whoever lost our answer may ask again, and learns what it was told.
            raise AlreadyAccepted(identity if _same(invitation.acceptor, acceptor) else None)
        if invitation.expires <= site.now():
            raise RemoteError("the invite has expired")
        contact = Contact(invitation.user, acceptor, acceptance.name, acceptance.email, site.now())
        after = step_deal(invitation, DealEvent.AGREE, acceptor=acceptor)
        site.records.commit([after.put(), *self._met(contact)])
        return identity

    async def accept(self, user: str, invite: Invite) -> Joining:
        """One of our users takes up an invite from elsewhere.

        The result is done, refused, or still open when no answer came: it is then asked again until
        it is certain. `reason` says why it is not done.
        """
        site = self.site
        if not site.profile.dialect.invites:
            raise LocalError(f"{site.host} does not know invites")
        site.user(user)
        if invite.provider == site.host:
            raise LocalError("this invite was issued here; it is for somebody at another site")
        key = f"{user}\0{invite.provider}\0{invite.token}"
        known = site.records.joining(key)
        if known is None or known.state is Deal.REFUSED:
            site.tidying.sometimes()
            row = Joining(key, user, invite.token, invite.provider)
            site.records.commit([row.put(), site.outbox.errand("joining", key, invite.provider)])
        await site.outbox.run("joining", key)
        after = site.records.joining(key)
        if after is None:
            raise LocalError("the invite is gone", status=404)
        return after

    async def _join(self, errand: Errand) -> Told:
        site = self.site
        joining = site.records.joining(errand.subject)
        if joining is None or joining.state is not Deal.OPEN:
            return Told()
        try:
            identity = await self._ask(joining)
        except PeerError as error:
            # After a message without an answer only the token's own fate is one: it may have been taken.
            if not final(error) or (errand.doubt and error.answered not in (400, 404, 409)):
                if joining.reason != error.message:
                    site.records.commit([replace(joining, reason=error.message).put()])
                raise
            return Told([step_deal(joining, DealEvent.REFUSE, reason=error.message).put()])
        except OcmError as error:
            return Told([step_deal(joining, DealEvent.REFUSE, reason=error.message).put()])
        address = OcmAddress(identity.user_id, joining.provider)
        contact = Contact(joining.user, address, identity.name, identity.email, site.now())
        joined = step_deal(joining, DealEvent.AGREE, inviter=address, reason="")
        return Told([joined.put(), *self._met(contact)])

    def _met(self, contact: Contact) -> list[Put | Drop]:
        """The changes that make a contact. Who meets again is not told of an earlier end any more."""
        parting = self.site.records.parting(contact_key(contact.user, contact.address))
        return [contact.put()] if parting is None else [contact.put(), drop_parting(parting)]

    def _joins(self, user: str | None, host: str) -> bool:
        """Whether our user (None: anybody) may just be becoming a contact of somebody at `host`."""
        return any(
            joining.provider == host and joining.state is Deal.OPEN
            for joining in self.site.records.joinings(user)
        )

    async def _ask(self, joining: Joining) -> Identity:
        site = self.site
        peer = site.peers.at_hand(joining.provider) or await site.peers.discover(joining.provider)
        user = site.user(joining.user)
        acceptance = Acceptance(
            recipient_provider=site.host,
            token=joining.token,
            user_id=user.id,
            email=user.email,
            name=user.name,
        )
        response = await site.peers.post(peer, "/invite-accepted", "acceptance", acceptance)
        response = await judge(peer, response, also=(409,))
        try:
            raw = await read_answer(response)
            if "identity" in site.profile.dialect.plain and (found := recognize(raw, Identity)):
                return found
            document = load(raw)
        except OcmError as error:
            # It was taken, but whom we met is lost; asking again gets 409 with the same identity.
            raise PeerError(f"{peer.host}: {error.message}", certain=False) from error
        try:
            return convert(site.profile.dialect.hear("identity", document, peer.host), Identity)
        except OcmError as error:
            if response.status == 409 and "userID" not in document:
                raise PeerError(f"{peer.host} says the invite was used before", answered=409) from error
            raise PeerError(f"{peer.host}: unusable answer: {error.message}", certain=False) from error

    def _give_up_joining(self, errand: Errand) -> list[Put | Drop]:
        joining = self.site.records.joining(errand.subject)
        if joining is None or joining.state is not Deal.OPEN:
            return []
        reason = f"{joining.provider} could not be reached: {joining.reason}"
        return [step_deal(joining, DealEvent.REFUSE, reason=reason).put()]

    async def remove(self, user: str, address: OcmAddress) -> None:
        """End a contact: both sides forget it and the shares between the two end."""
        site = self.site
        if site.records.contact(user, address) is None:
            raise LocalError(f"{address} is no contact of {user}", status=404)
        key = contact_key(user, address)
        given = site.sending.between(user, address)
        taken = site.receiving.between(user, address)
        site.records.commit(
            [
                drop_contact(user, address),
                *site.sending.ended(given),
                *site.receiving.ended(taken, ShareEvent.DECLINE),
                Parting(user, address).put(),
                site.outbox.errand("parting", key, address.host),
            ]
        )
        await site.outbox.run("parting", key)
        for share in given:
            await site.outbox.run("sent", share.provider_id)
        for received in taken:
            await site.outbox.run("received", received.key)

    async def _part(self, errand: Errand) -> Told:
        parting = self.site.records.parting(errand.subject)
        if parting is None:
            return Told()
        user, address = self.site.address(parting.user), parting.address
        if self._joins(parting.user, address.host):
            raise PeerError(f"first {address.host} has to answer an acceptance")
        notification = Notification(
            notification_type=note.USER_REMOVED,
            sender_domain=self.site.host,
            share_type="user",
            notification=Detail(user=UserDetail(user_id=str(user), contact=str(address))),
        )
        try:
            await self.site.notify(address.host, notification, "")
        except PeerError as error:
            if not heard(error):
                raise
        return Told([drop_parting(parting)])

    def _parted(self, errand: Errand) -> list[Put | Drop]:
        parting = self.site.records.parting(errand.subject)
        return [] if parting is None else [drop_parting(parting)]

    def removed(self, host: str, notification: Notification) -> None:
        """USER_REMOVED from another server: its user is no contact of ours any more (OCM-NOTIF-075)."""
        detail = None if notification.notification is None else notification.notification.user
        if detail is None:
            raise RemoteError("notification.user is missing")
        gone = OcmAddress.parse(detail.user_id)
        if gone.host != host:
            raise RemoteError(f"{host} cannot remove {gone}", status=403)
        local = None
        if detail.contact is not None:
            ours = OcmAddress.parse(detail.contact)
            if ours.host != self.site.host:
                raise RemoteError(f"{ours} is not at {self.site.host}", status=403)
            local = ours.user
        if self._joins(local, host):
            # Its answer may hold the very contact that is ended here; told again, the end comes last.
            raise Unavailable(f"first {host} has to answer an acceptance")
        records = self.site.records
        given = self.site.sending.between(local, gone)
        changes = [
            *(
                drop_contact(c.user, c.address)
                for c in list(records.contacts(local))
                if _same(c.address, gone)
            ),
            *self.site.sending.ended(given),
            *self.site.receiving.ended(self.site.receiving.between(local, gone), ShareEvent.UNSHARE),
        ]
        if changes:
            records.commit(changes)
        for share in given:
            self.site.outbox.soon("sent", share.provider_id)
