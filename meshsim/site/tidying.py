"""Forgetting: what ended long ago leaves the records, so that a site may run for years.

Once a day, when something new is written down, the site marks what has ended, with the time; what bears a
mark for long enough goes, and with it what leads there (secrets, the last share of a thing to a person).
There is no timer: a site to which nothing happens has nothing to forget.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from meshsim.ocm.lifecycle import OPEN, Deal
from meshsim.site.records import (
    INVITATIONS,
    JOININGS,
    LATEST,
    RECEIVED_SHARES,
    SECRETS,
    SENT_SHARES,
    WISHES,
    SentShare,
    latest_key,
)
from meshsim.stores import Drop, Put

if TYPE_CHECKING:
    from meshsim.site.site import Site

ENDED = "ended"
"""When something was first seen to have ended, and what: seconds since the Unix epoch, table and key."""

DAY = 86400.0


class Tidying:
    """Forgets what ended longer ago than `Profile.memory`."""

    __slots__ = ("next", "site")

    def __init__(self, site: "Site") -> None:
        self.site = site
        self.next = 0.0

    def sometimes(self) -> None:
        """Tidy up, if that was not done today."""
        now = self.site.now()
        if now >= self.next:
            self.next = now + DAY
            self.tidy()

    def tidy(self) -> None:
        """Mark what has ended since, and forget what was marked long ago."""
        site, now = self.site, self.site.now()
        changes: list[Put | Drop] = []
        marked = dict(row.split(" ", 1)[::-1] for row in site.records.store.rows(ENDED))
        for table, key, leading in self._ended():
            mark = f"{table} {key}"
            since = marked.pop(mark, None)
            if since is None:
                changes.append(Put(ENDED, mark, f"{now} {mark}"))
            elif now - float(since) >= site.profile.memory:
                changes += [Drop(table, key), Drop(ENDED, mark), *leading]
        # What is open again, as a request that was repeated, has not ended.
        changes += [Drop(ENDED, mark) for mark in marked]
        if changes:
            site.records.commit(changes)
        tokens = site.opening.tokens
        for share in [share for share, token in tokens.items() if token.until <= now]:
            del tokens[share]

    def _ended(self) -> Iterator[tuple[str, str, tuple[Drop, ...]]]:
        """Table and key of what has ended and is not being told of, and what leads to it."""
        records = self.site.records
        told = {(errand.kind, errand.subject) for errand in records.errands()}
        for share in records.sent_by():
            if not self.site.granting.is_open(share) and ("sent", share.provider_id) not in told:
                yield SENT_SHARES, share.provider_id, self._leading(share)
        for received in records.received_by():
            over = received.state not in OPEN or self.site.receiving.has_expired(received)
            if over and ("received", received.key) not in told:
                yield RECEIVED_SHARES, received.key, ()
        for invitation in records.invitations():
            if invitation.state is not Deal.OPEN or invitation.expires <= self.site.now():
                yield INVITATIONS, invitation.token, ()
        for joining in records.joinings():
            if joining.state is not Deal.OPEN:
                yield JOININGS, joining.key, ()
        for wish in records.wishes():
            if wish.state is not Deal.OPEN and ("refusal", wish.key) not in told:
                yield WISHES, wish.key, ()

    def _leading(self, share: SentShare) -> tuple[Drop, ...]:
        key = latest_key(share.path, share.recipient)
        newest = self.site.records.latest_id(key) == share.provider_id
        return (Drop(SECRETS, share.secret), *((Drop(LATEST, key),) if newest else ()))
