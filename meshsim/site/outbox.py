"""Errands: what the other side has yet to be told, told until it is certain.

An errand says whose state is to be told, never what: when it runs, the service builds the message
from the records as they are then. So a message that was repeated, overtaken or interrupted by
a crash does no harm. `docs/consistency.md` tells the whole protocol.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from meshsim.database import DiskFull
from meshsim.ocm.errors import PeerError
from meshsim.site.records import Errand, drop_errand
from meshsim.stores import Drop, Put

if TYPE_CHECKING:
    from meshsim.site.site import Site

LINGER = 300.0
"""Seconds for which a message without an answer may still arrive: the age at which a signature is too old."""

LONGEST_WAIT = 900.0
"""Seconds between two tries, at most."""


class Told(msgspec.Struct, frozen=True, gc=False):
    """The other side knows; these changes are committed with forgetting the errand."""

    changes: Sequence[Put | Drop] = ()
    ordered: bool = False
    """An older message that arrived after this one would undo it, so it is said again after LINGER."""


class Job(msgspec.Struct, frozen=True):
    """How errands of one kind are run, how long, and what follows when that was in vain."""

    tell: Callable[[Errand], Awaitable[Told]]
    """Raises PeerError to be asked again later."""
    patience: Callable[[Errand], float]
    """For how many seconds."""
    give_up: Callable[[Errand], Sequence[Put | Drop]]
    """What to commit when patience has run out; an errand among it goes on."""


class Outbox:
    """Runs each errand at once and then, with growing pauses, until it is done or given up."""

    __slots__ = ("busy", "jobs", "kicked", "site")

    def __init__(self, site: "Site", jobs: Mapping[str, Job]) -> None:
        self.site = site
        self.jobs = jobs
        self.busy: set[str] = set()
        self.kicked: set[str] = set()

    def errand(self, kind: str, subject: str, host: str) -> Put:
        """The change that asks for telling `host` about `subject`; commit it with what is to be told."""
        key, now = f"{kind} {subject}", self.site.now()
        earlier = self.site.records.errand(key)
        if earlier is None:
            return Errand(key, kind, subject, host, now, now).put()
        return replace(earlier, since=now, due=now, tries=0).put()

    def resume(self) -> None:
        """After a start: take up what was left undone."""
        # What was being told when the site went down may have arrived, or still will.
        doubt = self.site.now() + LINGER
        errands = [replace(errand, doubt=doubt) for errand in self.site.records.errands()]
        if errands:
            self.site.records.commit([errand.put() for errand in errands])
        for errand in errands:
            self._schedule(errand)

    def soon(self, kind: str, subject: str) -> None:
        """Run an errand right after what is being done now."""
        self._later(kind, subject, 0.0)

    def _later(self, kind: str, subject: str, seconds: float) -> None:
        async def go() -> None:
            with suppress(DiskFull):
                await self.run(kind, subject)

        self.site.ports.clock.later(seconds, go)

    async def run(self, kind: str, subject: str) -> None:
        """Run an errand now, unless it is being run; returns after one try."""
        key = f"{kind} {subject}"
        if key in self.busy:
            self.kicked.add(key)
            return
        self.busy.add(key)
        find, commit = self.site.records.errand, self.site.records.commit
        try:
            while errand := find(key):
                self.kicked.discard(key)
                job, now = self.jobs[errand.kind], self.site.now()
                try:
                    told = await job.tell(errand)
                except PeerError as error:
                    self._postpone(errand, job, error)
                    return
                # Seen again: the service may have renewed the errand while the message was under way.
                errand = find(key) or errand
                if told.ordered and errand.doubt > now:
                    again = replace(errand, due=errand.doubt, since=errand.doubt, tries=0)
                    commit([*told.changes, again.put()])
                    self._schedule(again)
                    return
                if key in self.kicked:
                    commit(told.changes)
                    continue
                commit([*told.changes, drop_errand(errand)])
                return
        except DiskFull:
            # What became of it could not be written down, so it is told again.
            self._later(kind, subject, LONGEST_WAIT)
            raise
        finally:
            self.busy.discard(key)

    def _postpone(self, errand: Errand, job: Job, error: PeerError) -> None:
        now = self.site.now()
        errand = self.site.records.errand(errand.key) or errand
        doubt = errand.doubt if error.certain else now + LINGER
        errand = replace(errand, doubt=doubt)
        if now - errand.since >= job.patience(errand):
            changes = [drop_errand(errand), *job.give_up(errand)]
            self.site.records.commit(changes)
            renewed = self.site.records.errand(errand.key)
            if renewed is None:
                return
            errand = renewed
        pause = min(2.0**errand.tries, LONGEST_WAIT)
        if error.retry_after is not None:
            # As long as it asks for, and never past the time at which we would give up.
            left = max(errand.since + job.patience(errand) - now, LONGEST_WAIT)
            pause = max(pause, min(float(error.retry_after), left))
        errand = replace(errand, tries=errand.tries + 1, due=now + pause)
        self.site.records.commit([errand.put()])
        self._schedule(errand)

    def _schedule(self, errand: Errand) -> None:
        kind, subject, due = errand.kind, errand.subject, errand.due

        async def again() -> None:
            current = self.site.records.errand(errand.key)
            # A later plan, or a run that was quicker, has taken this one's place.
            if current is not None and current.due == due:
                with suppress(DiskFull):
                    await self.run(kind, subject)

        self.site.ports.clock.later(max(0.0, due - self.site.now()), again)
