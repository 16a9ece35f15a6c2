"""Time of the served world: real time, which may be moved on.

Nobody who runs a story of a day wants to wait for a day. So the clock is real time plus an offset, and
with `skipping` the offset grows by what is left to wait whenever nothing is under way. Spans in which
something happens are always real; `skipped` says how much was not.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from heapq import heappop, heappush
from time import monotonic, time
from typing import Protocol

from meshsim.clocks import Skew
from meshsim.network.hosts import Incarnation
from meshsim.network.kernel import Crashed, Owner

LOOK = 0.002
"""Real seconds of quiet, twice in a row, before time is moved on."""


class TrueTime:
    """What is due when, in seconds since the Unix epoch. `busy` says whether anything is under way.

    It is `start` when it begins, or what the wall clock says.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        busy: Callable[[], bool] = lambda: False,
        start: float | None = None,
    ) -> None:
        self.loop = loop
        self.busy = busy
        self.skipping = False
        self.skipped = 0.0
        """Seconds that were not waited for."""
        # Not the wall clock itself, which may be set while we run.
        self._base = (time() if start is None else start) - monotonic()
        self._due: list[tuple[float, int, Owner | None, Callable[[], object]]] = []
        self._serial = 0
        self._handle: asyncio.TimerHandle | None = None
        self._quiet = False

    def now(self) -> float:
        """The time now."""
        return self._base + monotonic() + self.skipped

    def later(self, seconds: float, act: Callable[[], object], owner: Owner | None = None) -> None:
        """Call `act` that many seconds from now, unless its owner is dead by then."""
        if not seconds < math.inf:
            return
        self._serial += 1
        heappush(self._due, (self.now() + max(seconds, 0.0), self._serial, owner, act))
        if self._due[0][1] == self._serial:
            self._plan()

    async def sleep(self, seconds: float) -> None:
        """Return that many seconds later."""
        done: asyncio.Future[None] = self.loop.create_future()

        def wake() -> None:
            if not done.done():
                done.set_result(None)

        self.later(seconds, wake)
        await done

    def next_due(self) -> float | None:
        """When the next thing is due; None if nothing is."""
        due = self._due
        while due and due[0][2] is not None and not due[0][2].alive:
            heappop(due)
        return due[0][0] if due else None

    def skip(self, seconds: float) -> None:
        """Move time on."""
        self.skipped += seconds
        self._turn()

    def close(self) -> None:
        """Forget all that is due."""
        self._due.clear()
        if self._handle is not None:
            self._handle.cancel()

    def _plan(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        due = self.next_due()
        if due is not None:
            wait = max(due - self.now(), 0.0)
            self._handle = self.loop.call_later(min(wait, LOOK) if self.skipping else wait, self._turn)

    def _turn(self) -> None:
        due = self.next_due()
        if due is not None and self.skipping and due > self.now():
            quiet = not self.busy()
            if quiet and self._quiet:
                self.skipped += max(due - self.now(), 0.0)
            self._quiet = quiet
        while (due := self.next_due()) is not None and due <= self.now():
            self._quiet = False
            heappop(self._due)[3]()
        self._plan()


class Spawner(Protocol):
    """Whoever keeps the tasks of hosts."""

    time: TrueTime

    def spawn(self, act: Callable[[], Awaitable[None]], life: Incarnation) -> object:
        """Start something that ends with this life."""
        ...


class RealClock:
    """A host's idea of time: `now` may be wrong, spans are true. Raises Crashed once the host is down."""

    def __init__(self, spawner: Spawner, life: Incarnation, skew: Skew | None) -> None:
        self._spawner = spawner
        self._life = life
        self._skew = skew

    def now(self) -> float:
        """Seconds since the Unix epoch, as this host believes."""
        now = self._spawner.time.now()
        return now if self._skew is None else self._skew(now)

    async def sleep(self, seconds: float) -> None:
        """Return that many seconds later."""
        await self._spawner.time.sleep(seconds)
        if not self._life.alive:
            raise Crashed(self._life.name)

    def later(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        """Run `act` once, that many seconds from now; forgotten when the host goes down."""
        life, spawner = self._life, self._spawner
        if not life.alive:
            raise Crashed(life.name)
        spawner.time.later(seconds, lambda: spawner.spawn(act, life), life)
