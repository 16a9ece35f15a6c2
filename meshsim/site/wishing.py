"""Requests: asking an owner's server for a share, or the sender of a share to pass it on."""

from typing import TYPE_CHECKING

from meshsim.ocm import notification as note
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.errors import Conflict, Forbidden, LocalError, NotFound, OcmError, PeerError
from meshsim.ocm.lifecycle import HELD, Deal, DealEvent, Refused
from meshsim.ocm.notification import Detail, FileDetail, Notification
from meshsim.ocm.share import SHARE, ShareCreation
from meshsim.site.outbox import Job, Told
from meshsim.site.peers import final, heard
from meshsim.site.records import Errand, ReceivedShare, SentShare, Wish, share_key, step_deal
from meshsim.site.sending import check_permissions
from meshsim.stores import Drop, Put

if TYPE_CHECKING:
    from meshsim.site.site import Site


class Wishing:
    """Requests that our users make, and those that are made of them."""

    __slots__ = ("asking_job", "refusal_job", "site")

    def __init__(self, site: "Site") -> None:
        self.site = site
        self.asking_job = Job(self._ask, site.tell_patience, self._unheard)
        self.refusal_job = Job(self._tell_refusal, site.tell_patience, lambda errand: [])

    async def ask_share(
        self,
        user: str,
        owner: OcmAddress,
        resource: str,
        resource_type: str,
        permissions: tuple[str, ...] = ("read",),
    ) -> Wish:
        """Ask for access to a resource known by its id (`reference` at the owner's site)."""
        check_permissions(permissions)
        me = str(self.site.address(self.site.user(user).id))
        wish = Wish(
            key=f"{note.REQUEST_SHARE} {owner.host} {resource} {me}",
            kind=note.REQUEST_SHARE,
            user=user,
            peer=owner.host,
            incoming=False,
            resource=resource,
            share_with=me,
            permissions=permissions,
            resource_type=resource_type,
            owner=str(owner),
        )
        return await self._begin(wish)

    async def ask_reshare(
        self, user: str, key: str, share_with: OcmAddress, permissions: tuple[str, ...] = ("read",)
    ) -> Wish:
        """Ask the sender of a share to give one to somebody else; never done by us (OCM-NOTIF-056)."""
        check_permissions(permissions)
        share = self.site.receiving.get(user, key)
        if share.state not in HELD:
            raise LocalError(f"share {share.name!r} is {share.state}", status=409)
        wish = Wish(
            key=f"{note.REQUEST_RESHARE} {share.host} {share.provider_id} {share_with}",
            kind=note.REQUEST_RESHARE,
            user=user,
            peer=share.host,
            incoming=False,
            resource=share.provider_id,
            share_with=str(share_with),
            permissions=permissions,
            resource_type=share.resource_type,
            owner=share.owner,
        )
        return await self._begin(wish)

    async def _begin(self, wish: Wish) -> Wish:
        records, outbox = self.site.records, self.site.outbox
        known = records.wish(wish.key)
        if known is not None and known.state is Deal.OPEN:
            raise LocalError("this has been asked for already", status=409)
        records.commit([wish.put(), outbox.errand("wish", wish.key, wish.peer)])
        await outbox.run("wish", wish.key)
        return records.wish(wish.key) or wish

    async def _ask(self, errand: Errand) -> Told:
        wish = self.site.records.wish(errand.subject)
        if wish is None or wish.state is not Deal.OPEN:
            return Told()
        reshare = wish.kind == note.REQUEST_RESHARE
        detail = FileDetail(
            provider_id=wish.resource if reshare else None,
            owner=None if reshare else wish.owner,
            share_with=wish.share_with,
            share_id=None if reshare else wish.resource,
            permissions=wish.permissions,
        )
        notification = Notification(
            notification_type=wish.kind,
            sender_domain=self.site.host,
            resource_type=wish.resource_type,
            notification=Detail(file=detail),
        )
        share = self.site.records.received(share_key(wish.peer, wish.resource)) if reshare else None
        try:
            unsaid = await self.site.notify(wish.peer, notification, "" if share is None else share.secret)
        except PeerError as error:
            if not final(error):
                raise
            return self._close(wish.key, DealEvent.REFUSE, error.message)
        except OcmError as error:
            return self._close(wish.key, DealEvent.REFUSE, error.message)
        if unsaid:
            return self._close(wish.key, DealEvent.REFUSE, unsaid)
        # A reshare is answered when it is done; a request for a share is only being considered.
        return self._close(wish.key, DealEvent.AGREE, "") if reshare else Told()

    def _close(self, key: str, event: DealEvent, reason: str) -> Told:
        wish = self.site.records.wish(key)
        if wish is None or wish.state is not Deal.OPEN:
            return Told()
        return Told([step_deal(wish, event, reason=reason).put()])

    def _unheard(self, errand: Errand) -> list[Put | Drop]:
        return list(self._close(errand.subject, DealEvent.REFUSE, "no answer").changes)

    def fulfilled(self, share: ReceivedShare, creation: ShareCreation) -> list[Put | Drop]:
        """The changes to the requests of our users that a new share answers."""
        return [
            step_deal(wish, DealEvent.AGREE).put()
            for wish in self.site.records.wishes(share.recipient)
            if wish.kind == note.REQUEST_SHARE
            and not wish.incoming
            and wish.state is Deal.OPEN
            and (wish.peer, wish.owner, wish.share_with) == (share.host, share.owner, creation.share_with)
        ]

    async def reshare_asked(self, host: str, notification: Notification) -> None:
        """REQUEST_RESHARE of a server that we gave a share to; 403 or 404 if it is not done."""
        share = self.site.sending.of_peer(host, notification)
        if share.state not in HELD or not self.site.granting.is_open(share):
            raise NotFound("the share is not held any more")
        to = OcmAddress.parse(notification.required_file.share_with or "")
        permissions = notification.permissions or ("read",)
        if SHARE not in share.permissions:
            raise Forbidden("the share may not be passed on")
        if not set(permissions) <= set(share.permissions):
            raise Forbidden("more is asked for than the share gives")
        wish = Wish(
            key=f"in {note.REQUEST_RESHARE} {host} {share.provider_id} {to}",
            kind=note.REQUEST_RESHARE,
            user=share.owner,
            peer=host,
            incoming=True,
            resource=share.provider_id,
            share_with=str(to),
            permissions=permissions,
            resource_type=share.resource_type,
            owner=str(self.site.address(share.owner)),
        )
        known = self.site.records.wish(wish.key)
        if known is not None and known.state is not Deal.REFUSED:
            return
        if self.site.profile.ask_reshare:
            self.site.records.commit([wish.put()])
            return
        try:
            await self._give(wish, share.path, share.expiration)
        except OcmError as error:
            if error.status == Conflict.status:
                return  # they have it: what is asked for is so already
            raise Forbidden(f"the share cannot be passed on to {to}: {error.message}") from error

    def share_asked(self, host: str, notification: Notification) -> None:
        """REQUEST_SHARE: put to the owner if we know owner and resource, 404 otherwise."""
        detail = notification.required_file
        owner = OcmAddress.parse(detail.owner or "")
        to = OcmAddress.parse(detail.share_with or "")
        path = self.path_of(owner.user, detail.share_id or "") if owner.host == self.site.host else None
        if path is None:
            raise NotFound("no such owner or resource here")
        entry = self.site.ports.storage.stat(path)
        kind = "folder" if entry is not None and entry.folder else "file"
        if notification.resource_type != kind:
            raise NotFound("no such resource of that type")
        if to.host != host:
            raise Forbidden(f"{host} cannot ask on behalf of {to}")
        wish = Wish(
            key=f"in {note.REQUEST_SHARE} {host} {detail.share_id} {to}",
            kind=note.REQUEST_SHARE,
            user=owner.user,
            peer=host,
            incoming=True,
            resource=detail.share_id or "",
            share_with=str(to),
            permissions=notification.permissions or ("read",),
            resource_type=kind,
            owner=str(owner),
        )
        known = self.site.records.wish(wish.key)
        if known is None or known.state is not Deal.OPEN:
            self.site.records.commit([wish.put()])

    def reference(self, user: str, path: str) -> str:
        """The id by which others can ask for a resource."""
        entry = self.site.entry(f"/{user}/{path.strip('/')}")
        if entry is None:
            raise LocalError(f"{user} has no file or folder {path!r}", status=404)
        return entry.file_id

    def path_of(self, user: str, reference: str) -> str | None:
        """The place of a resource of the user, by its id."""
        if self.site.ports.users.find(user) is None:
            return None
        storage = self.site.ports.storage
        todo = [f"/{user}"]
        while todo:
            for entry in storage.list(todo.pop()):
                if entry.file_id == reference:
                    return entry.path
                if entry.folder:
                    todo.append(entry.path)
        return None

    async def answer(self, user: str, key: str, agree: bool) -> SentShare | None:
        """The owner decides on a request: a share follows, or a word that there will be none.

        What was given already, before a crash, cannot be refused any more: it is returned.
        """
        wish = self.site.records.wish(key)
        if wish is None or wish.user != user or not wish.incoming:
            raise LocalError(f"no request {key!r}", status=404)
        if wish.state is not Deal.OPEN:
            raise LocalError(f"the request is {wish.state} already", status=409)
        given = self.site.records.sent(wish.share)
        if given is not None and self.site.granting.is_open(given):
            # A crash came between giving and noting it.
            self._given(wish)
            return given
        if agree:
            if wish.kind == note.REQUEST_RESHARE:
                origin = self.site.sending.get(wish.resource)
                return await self._give(wish, origin.path, origin.expiration)
            path = self.path_of(user, wish.resource)
            if path is None:
                raise LocalError("the resource is gone", status=404)
            return await self._give(wish, path, None)
        changes = [step_deal(wish, DealEvent.REFUSE).put()]
        # Only for REQUEST_SHARE does the draft have a word of refusal (OCM-NOTIF-064).
        tells = wish.kind == note.REQUEST_SHARE
        if tells:
            changes.append(self.site.outbox.errand("refusal", key, wish.peer))
        self.site.records.commit(changes)
        if tells:
            await self.site.outbox.run("refusal", key)
        return None

    async def _give(self, wish: Wish, path: str, expiration: int | None) -> SentShare:
        inside = path.removeprefix(f"/{wish.user}/")
        to = OcmAddress.parse(wish.share_with)
        share = await self.site.sending.share(
            wish.user, inside, to, permissions=wish.permissions, expiration=expiration, wish=wish.key
        )
        self._given(wish)
        return share

    def _given(self, wish: Wish) -> None:
        now = self.site.records.wish(wish.key) or wish
        if now.state is Deal.OPEN:
            self.site.records.commit([step_deal(now, DealEvent.AGREE).put()])

    async def _tell_refusal(self, errand: Errand) -> Told:
        wish = self.site.records.wish(errand.subject)
        if wish is None or wish.state is not Deal.REFUSED:
            return Told()  # asked for again meanwhile
        # The draft wants a providerId although there is no share; wire.md section 8, 18: the shareId.
        detail = Detail(file=FileDetail(provider_id=wish.resource))
        notification = Notification(
            notification_type=note.SHARE_DECLINED,
            sender_domain=self.site.host,
            resource_type=wish.resource_type,
            notification=detail,
        )
        try:
            await self.site.notify(wish.peer, notification, "")
        except PeerError as error:
            if not heard(error):
                raise
        return Told()

    def declined(self, host: str, notification: Notification) -> bool:
        """SHARE_DECLINED of an owner's server: whether it answers a request of ours, and close that."""
        closed = False
        for wish in list(self.site.records.wishes()):
            if (
                wish.kind == note.REQUEST_SHARE
                and not wish.incoming
                and wish.peer == host
                and wish.resource == notification.share_id
            ):
                closed = True
                try:
                    after = step_deal(wish, DealEvent.REFUSE, reason="the owner refused")
                except Refused:
                    continue
                self.site.records.commit([after.put()])
        return closed
