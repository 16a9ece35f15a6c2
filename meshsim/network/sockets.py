"""The network on real sockets: the hosts of a mesh, who lives there, what is under way, and a record of it.

Has the shape of `fabric`, so whatever composes a mesh does not know which of the two it has. `serving`
listens, `calling` calls; what both need to know of hosts is kept here.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from meshsim.clocks import Skew
from meshsim.faults import Fault
from meshsim.network.aside import Workers
from meshsim.network.calling import Caller, SocketPort
from meshsim.network.hosts import Host, Hosts, Incarnation, NameService, Resolver, canonical
from meshsim.network.kernel import Crashed
from meshsim.network.leaping import LeapingLoop
from meshsim.network.mishaps import Mishaps
from meshsim.network.truetime import RealClock, TrueTime
from meshsim.wire import Exchange, NetworkError, Request, Response, Transcript

log = logging.getLogger("meshsim")

RECENT = 2000
"""Exchanges that a mesh without an end remembers."""

LOOK = 0.002
"""Seconds between looks whether all is quiet."""

BLOCK = "127.77.0.0/16"
"""Where each site has an address of its own, if it has one; all of it is this machine."""


class Recent(Transcript):
    """The last exchanges only, for a mesh that is served until somebody stops it."""

    most: int

    def __init__(self, most: int = RECENT) -> None:
        super().__init__()
        self.most = most

    def begin(self, source: str, target: str, request: Request, started: float) -> Exchange:
        """Number and note a request, and forget the oldest."""
        exchange = super().begin(source, target, request, started)
        # Numbers follow each other; to look for the first of a dict takes longer with each removal.
        self._held.pop(exchange.number - self.most, None)
        return exchange


class Sockets:
    """The hosts of a mesh on loopback or wherever they were told to listen.

    `doors` says where each authority is reached, as address and port. A name that has no door is nobody
    of this mesh; whether it may be called all the same is for `Caller` to say.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        transcript: Transcript | None = None,
        seed: int | str = 0,
        start: float | None = None,
    ) -> None:
        self.loop = loop
        self.transcript = Recent() if transcript is None else transcript
        self.resolver: Resolver | None = None
        self.hosts = Hosts(self, BLOCK)
        self.name_service: NameService = self.hosts
        self.doors: dict[str, tuple[str, int]] = {}
        self.names: dict[str, str] = {}
        """What a Host field may say, and whom it means."""
        self.failures: list[BaseException] = []
        """What went wrong in code of ours that nobody waited for."""
        self.under_way = 0
        """Requests that are being sent or answered just now."""
        self.calls = 0
        """Questions of ours to servers and name servers that have no answer yet."""
        self.in_hand = 0
        """Those of them that a host of ours has taken, and not answered yet."""
        if isinstance(loop, LeapingLoop):
            loop.on_the_wire = lambda: self.calls > self.in_hand
        self.time = TrueTime(loop, start)
        self.aside = Workers(loop, self.report)
        self.caller = Caller(self)
        self.mishaps = Mishaps(self, seed)
        self.on_crash: list[Callable[[Host], None]] = []
        self._tasks: dict[asyncio.Task[None], Incarnation] = {}

    def open_door(self, authority: str, address: str, port: int, *aliases: str) -> None:
        """Let a host be reached at an address, under its own name and others."""
        self.doors[authority] = (address, port)
        for name in (authority, *aliases):
            self.names[name] = authority

    def place(self, authority: str) -> Host | None:
        """The host that a Host field means; None if it is nobody here."""
        name = self.names.get(authority)
        if name is None:
            return None
        host = self.hosts.get(name)
        if host.factory is None and self.resolver is not None:
            host.factory = self.resolver(name)
        return host if host.factory is not None else None

    def port(self, host: str) -> SocketPort:
        """The Network port of the host's present incarnation."""
        return SocketPort(self, self.hosts.get(host).life)

    def clock(self, host: str, skew: Skew | None = None) -> RealClock:
        """The Clock port of the host's present incarnation."""
        return RealClock(self, self.hosts.get(host).life, skew)

    def crash(self, host: str) -> None:
        """Take a host down: its memory, tasks and timers are gone, and its connections break."""
        place = self.hosts.get(host)
        if not place.life.alive:
            return
        life = place.life
        life.alive = False
        place.handler = None
        for task in [task for task, owner in self._tasks.items() if owner is life]:
            task.cancel()
        for tell in self.on_crash:
            tell(place)

    def restart(self, host: str) -> None:
        """Bring a host up again, as a new incarnation that remembers nothing."""
        self.hosts.get(host).restart()

    def spawn(self, act: Callable[[], Awaitable[None]], life: Incarnation) -> None:
        """Start something that ends with this life; what goes wrong in it is kept and logged."""

        async def work() -> None:
            try:
                await act()
            except Crashed:
                life.die()
            except Exception as error:
                self.report(error, life.name)

        task = self.loop.create_task(work())
        self._tasks[task] = life
        task.add_done_callback(self._tasks.pop)

    def report(self, error: BaseException, host: str) -> None:
        """Keep and log what nobody waits for."""
        error.add_note(f"at {host}")
        self.failures.append(error)
        log.error("our own code failed at %s", host, exc_info=error)

    def add_fault(self, name: str, fault: Fault) -> None:
        """Ask `fault` about every call of a host, after those that were there before."""
        self.mishaps.add(name, fault)

    async def carry(self, request: Request, timeout: float, source: Host) -> Response:
        """Call whoever it is for, as `source`; NetworkError if no answer came."""
        place = self.place(canonical(request.target.authority))
        if place is not None and not place.life.alive:
            # Hosts may share a listener, which goes on when one of them is down.
            raise NetworkError("connection refused", sent=False)
        self.under_way += 1
        self.calls += 1
        try:
            return await self.caller.send(request, timeout, source.address)
        finally:
            self.under_way -= 1
            self.calls -= 1

    async def quiet(self, limit: float) -> bool:
        """Return once nothing is left to do; False if that took more than `limit` seconds of its time."""
        end = self.time.now() + limit
        looks = 0
        while looks < 2:
            idle = not self._tasks and not self.under_way and self.time.next_due() is None
            looks = looks + 1 if idle else 0
            if self.time.now() > end:
                return False
            await asyncio.sleep(LOOK)
        return True

    async def close(self) -> None:
        """End what is left: tasks, timers and connections to others."""
        self.time.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.caller.close()
        self.aside.close()
