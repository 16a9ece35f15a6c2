"""The peers of a load run: whole sites, with host, keys and users from the seed, each listening on a port.

They are the sites of every other mesh. What differs is what runs them: greenlets that wait in place.
"""

import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import gevent
from gevent import socket

from loadtests.credentials import Credentials
from loadtests.listening import Listening
from loadtests.reach import Reach
from meshsim.clocks import Skew
from meshsim.composition import Composition
from meshsim.faults import Fault
from meshsim.network.aside import AtOnce
from meshsim.network.blocking import BlockingPort, complete
from meshsim.network.hosts import AGENT, Hosts, Incarnation, Resolver
from meshsim.network.kernel import Crashed
from meshsim.topology import Plan, Topology
from meshsim.wire import Request, Response, Transcript, hostname

T = TypeVar("T")

USERS = 20
"""People at each peer."""
GROUP = ("u1", "u2")
"""Who is in the group `lab` of a peer."""
LISTEN = 256
SOON = 5.0
"""Seconds: what a peer has to tell later than that, a run does not wait for."""


class GreenClock:
    """Real time; spans are slept by greenlets, and what is due later has one of its own."""

    def __init__(self, ground: "Ground", life: Incarnation, skew: Skew | None) -> None:
        self._ground, self._life, self._skew = ground, life, skew

    def now(self) -> float:
        """Seconds since the Unix epoch, as this host believes."""
        return time.time() if self._skew is None else self._skew(time.time())

    async def sleep(self, seconds: float) -> None:
        """Return that many seconds later."""
        gevent.sleep(max(seconds, 0.0))
        if not self._life.alive:
            raise Crashed(self._life.name)

    def later(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        """Run `act` once, that many seconds from now; forgotten when the host goes down."""
        life, ground = self._life, self._ground

        async def work() -> None:
            await act()

        def run() -> None:
            ground.waiting.discard(timer)
            if not life.alive:
                return
            try:
                complete(work())
            except Crashed:
                life.die()
            except Exception as error:
                ground.failures.append(error)

        timer = gevent.spawn_later(max(seconds, 0.0), run)
        ground.waiting.add(timer)


class Ground:
    """The network of a farm. Keeps no transcript: a run of hours must not grow."""

    def __init__(self, reach: Reach, agent: str) -> None:
        self.transcript = Transcript(keep=False)
        self.hosts = self.name_service = Hosts(self)
        self.aside = AtOnce()
        self.resolver: Resolver | None = None
        self.failures: list[BaseException] = []
        self.waiting: set[Any] = set()
        self.ports: dict[str, BlockingPort] = {}
        self._reach, self._agent = reach, agent

    def port(self, host: str) -> BlockingPort:
        """The way out of a host, from its own address where it has one."""
        port = self.ports.get(host)
        if port is None:
            own = self._reach.own.get(host)
            port = self.ports[host] = BlockingPort(self._reach.dial(own[0] if own else ""), self._agent)
        return port

    def clock(self, host: str, skew: Skew | None = None) -> GreenClock:
        """The Clock port of the host's present incarnation."""
        return GreenClock(self, self.hosts.get(host).life, skew)

    def add_fault(self, name: str, fault: Fault) -> None:
        """Faults belong to the target's side of a load run, or to the simulation."""
        raise NotImplementedError("peers of a load run have no accidents but to go down")

    def crash(self, host: str) -> None:
        """Take a host down, with all it had under way."""
        place = self.hosts.get(host)
        place.life.alive = False
        place.handler = None

    def restart(self, host: str) -> None:
        """Bring a host up again, as a new incarnation that remembers nothing."""
        self.hosts.get(host).restart()


class Farm(Composition):
    """`count` peers that listen on loopback, each with an address of its own where the system has them.

    With `doors`, which gives the authority and the socket of the next, they are where that says. With
    `credentials` they are called by https.
    """

    def __init__(
        self,
        count: int,
        seed: int | str,
        reach: Reach,
        *,
        agent: str = AGENT,
        number: int = 0,
        doors: Callable[[], tuple[str, Any]] | None = None,
        credentials: Credentials | None = None,
    ) -> None:
        opened, plans = [], []
        scheme = "http" if credentials is None else "https"
        try:
            for index in range(count):
                host, door = doors() if doors is not None else _own(_loopback(number, index))
                opened.append(_ready(door))
                reach.own[host] = door.getsockname()[:2]
                settings = {"provider": "meshsim load", "invite_lifetime": 86400.0}
                groups = {"lab": GROUP}
                plans.append(Plan(host, scheme=scheme, users=USERS, groups=groups, settings=settings))
        except BaseException:
            for door in opened:
                door.close()
            raise
        if credentials is not None and credentials.trusted:
            reach.trust(credentials.trusted)
        ground = Ground(reach, agent)
        self.ground = ground
        super().__init__(Topology(tuple(plans)), f"load {seed}", ground, time.time)  # type: ignore[arg-type]
        self.journal.entries = deque(maxlen=0)  # type: ignore[assignment] # nobody asks, and it would grow
        self._places = {host: reach.own[host] for host in self.hosts}
        self._credentials = credentials
        self.listening = {
            host: self._listen(host, door) for host, door in zip(self.hosts, opened, strict=True)
        }

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do `work` in place, and give its result; SiteDown if its site crashed meanwhile."""
        return complete(self.guarded(work))

    async def sleep(self, seconds: float) -> None:
        """Let true time pass, as somebody who only waits."""
        gevent.sleep(max(seconds, 0.0))

    def settle(self, limit: float = 10.0) -> bool:
        """Wait until the peers have nothing left to do now; False if that took more than `limit` seconds."""
        end = time.monotonic() + limit
        while self._busy() and time.monotonic() < end:
            gevent.sleep(0.05)
        return not self._busy()

    def crash(self, host: str) -> None:
        """Take a peer down: it neither listens nor calls."""
        super().crash(host)
        self.listening.pop(host).close()

    def restart(self, host: str) -> None:
        """Bring a peer up again, at its old address."""
        super().restart(host)
        self.listening[host] = self._listen(host, _ready(_bound(*self._places[host])))

    def close(self) -> None:
        """Let go of all ports."""
        for one in self.listening.values():
            one.close()
        for timer in list(self.ground.waiting):
            timer.kill(block=False)
        for port in self.ground.ports.values():
            port.close()
        super().close()

    @property
    def failures(self) -> list[BaseException]:
        """What went wrong in code of ours."""
        return [*self.ground.failures, *(e for one in self.listening.values() for e in one.errors)]

    def _busy(self) -> bool:
        soon = time.time() + SOON
        return any(errand.due < soon for site in self.up.values() for errand in site.records.errands())

    def _listen(self, host: str, door: Any) -> Listening:
        place = self.network.hosts.find(f"{self.plans[host].scheme}://{host}")
        base = f"{self.plans[host].scheme}://{host}"

        async def answering(request: Request) -> Response:
            try:
                return await (place.handler or place.start())(request)
            except Crashed as crashed:
                place.life.die()
                raise ConnectionAbortedError from crashed

        tls = None if self._credentials is None else self._credentials.server(hostname(host).strip("[]"))
        return Listening(door, base, answering, tls)


def _loopback(number: int, index: int) -> str:
    """An address of loopback for each peer of each worker, where the whole of 127/8 leads to us (Linux)."""
    high, low = divmod(index, 250)
    address = f"127.{66 + number % 150}.{high}.{low + 1}"
    try:
        with socket.socket() as trial:
            trial.bind((address, 0))
    except OSError:
        return "127.0.0.1"
    return address


def _own(address: str) -> tuple[str, Any]:
    door = _bound(address)
    there, port = door.getsockname()[:2]
    return f"{there}:{port}", door


def _ready(door: Any) -> Any:
    door.listen(LISTEN)
    door.setblocking(False)
    return door


def _bound(address: str, port: int = 0) -> Any:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind((address, port))
    return door
