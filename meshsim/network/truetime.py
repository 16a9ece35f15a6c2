"""Time of the served world: real time, or that of a loop that leaps over what only takes time."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from heapq import heappop, heappush
from time import monotonic, time
from typing import Protocol

from meshsim.clocks import Skew
from meshsim.network.hosts import Incarnation
from meshsim.network.kernel import Crashed, Owner
from meshsim.network.leaping import LeapingLoop


class TrueTime:
    """What is due when, in seconds since the Unix epoch.

    It is `start` when it begins, or what the wall clock says.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, start: float | None = None) -> None:
        self.loop = loop
        # Not the wall clock itself, which may be set while we run; nor uvloop's, which is not as fine.
        self._passed = loop.time if isinstance(loop, LeapingLoop) else monotonic
        self._base = (time() if start is None else start) - self._passed()
        self._due: list[tuple[float, int, Owner | None, Callable[[], object]]] = []
        self._serial = 0
        self._handle: asyncio.TimerHandle | None = None

    def now(self) -> float:
        """The time now."""
        return self._base + self._passed()

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
            self._handle = self.loop.call_later(max(due - self.now(), 0.0), self._turn)

    def _turn(self) -> None:
        while (due := self.next_due()) is not None and due <= self.now():
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
