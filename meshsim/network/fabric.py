"""The simulated network: hosts, links with latency, faults, crashes, and a record of it all.

Knows no OCM. Deterministic: one seed and the same calls give the same transcript.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from random import Random

from meshsim.clocks import Skew, right
from meshsim.entropy import stream
from meshsim.faults import Fault
from meshsim.network.aside import AtOnce
from meshsim.network.flight import DONE, Flight
from meshsim.network.hosts import Factory, Handler, Host, Hosts, Incarnation, NameService, Resolver
from meshsim.network.kernel import Crashed, Kernel, sleep
from meshsim.wire import NetworkError, Request, Response, Transcript, read


class Fabric:
    """Carries exchanges between hosts in virtual time.

    `latency` is seconds one way, for all links or by (source, target); `links` overrides single
    ones, and up to `jitter` seconds of chance are added to each message. `resolver` is asked for
    names nobody attached.
    """

    def __init__(
        self,
        kernel: Kernel,
        seed: int | str = 0,
        *,
        latency: float | Callable[[str, str], float] = 0.01,
        jitter: float = 0.0,
        transcript: Transcript | None = None,
    ) -> None:
        self.kernel = kernel
        self.seed = seed
        self.latency = latency
        self.jitter = jitter
        self.links: dict[tuple[str, str], float] = {}
        self.transcript = Transcript() if transcript is None else transcript
        self.resolver: Resolver | None = None
        self.aside = AtOnce()
        self.hosts = Hosts(self)
        self.name_service: NameService = self.hosts
        self.faults: list[tuple[str, Fault, Random]] = []
        self.flights: dict[Flight, None] = {}
        self._chance = stream(seed, "jitter")

    def attach(
        self,
        host: str,
        handler: Handler | None = None,
        *,
        factory: Factory | None = None,
        address: str | None = None,
    ) -> Host:
        """Let a host answer: by `handler`, or by what `factory` makes for each incarnation of it."""
        if handler is not None:
            kept = handler
            factory = lambda life: kept  # noqa: E731
        if factory is None:
            raise TypeError("attach needs a handler or a factory")
        place = self.hosts.get(host, address)
        if place.factory is not None:
            raise ValueError(f"{place.name} is attached already")
        place.factory = factory
        return place

    def port(self, host: str) -> "Port":
        """The Network port of the host's present incarnation."""
        return Port(self, self.hosts.get(host).life)

    def clock(self, host: str, skew: Skew | None = None) -> "HostClock":
        """The Clock port of the host's present incarnation."""
        return HostClock(self.kernel, self.hosts.get(host).life, skew)

    def address_of(self, host: str) -> str:
        """The address others see as `remote` when this host calls."""
        return self.hosts.get(host).address

    def name_of(self, address: str) -> str | None:
        """The reverse name of an address; None if it has none."""
        return self.hosts.name_of(address)

    def add_fault(self, name: str, fault: Fault) -> None:
        """Ask `fault` about every message, after those that were there before."""
        rng = stream(self.seed, "fault", name, str(len(self.faults)))
        self.faults.append((name, fault, rng))

    def crash(self, host: str) -> None:
        """Take a host down: its memory, tasks and timers are gone, and so is what it had to answer."""
        place = self.hosts.get(host)
        life = place.life
        if not life.alive:
            return
        life.alive = False
        place.handler = None
        for flight in list(self.flights):
            if flight.caller is life:
                flight.caller_died()
            if flight.serving is life:
                flight.receiver_died()
        self.kernel.drop(life)

    def restart(self, host: str) -> None:
        """Bring a host up again, as a new incarnation that remembers nothing."""
        self.hosts.get(host).restart()

    def delay(self, source: Host, target: Host) -> float:
        """Seconds the next message takes from one host to the other."""
        latency = self.latency
        if self.links:
            latency = self.links.get((source.name, target.name), latency)
        seconds = latency if isinstance(latency, (float, int)) else latency(source.name, target.name)
        if self.jitter:
            seconds += self._chance.random() * self.jitter
        return seconds

    async def serve(self, host: Host, request: Request, answers: list[Response]) -> None:
        """Let a host work on a request, and put its answer to the others."""
        answers.append(await (host.handler or host.start())(request))


class Port:
    """The way out of one incarnation of a host; raises Crashed once that is dead."""

    def __init__(self, fabric: Fabric, life: Incarnation) -> None:
        self._fabric = fabric
        self._life = life

    async def send(self, request: Request, timeout: float = 10.0) -> Response:
        """The peer's answer; NetworkError when none came within `timeout` seconds."""
        life = self._life
        if not life.alive:
            raise Crashed(life.name)
        fabric = self._fabric
        kernel, transcript = fabric.kernel, fabric.transcript
        url, body = request.url, request.body
        if type(body) is not bytes:
            body = await read(body)
        request = Request(request.method, url, request.headers, body, life.host.address)
        try:
            target = fabric.hosts.find(url)
            if not target.life.alive:
                raise NetworkError("connection refused", sent=False)
        except NetworkError as error:
            exchange = transcript.begin(life.name, request.target.authority, request, kernel.now)
            exchange.ended, exchange.error = kernel.now, error.reason
            transcript.finish(exchange)
            raise
        receiver, started = target.life, kernel.now
        exchange = transcript.begin(life.name, target.name, request, started)
        takes_time = fabric.latency or fabric.jitter or fabric.links
        if fabric.faults or (takes_time and fabric.delay(life.host, target) > 0):
            flight = Flight(fabric, exchange, life, target, timeout)
            flight.depart()
        else:
            answers: list[Response] = []
            work = fabric.serve(target, request, answers)
            try:
                # A default, because StopIteration and its traceback would take as long as a short answer.
                wanted = next(work.__await__(), DONE)
            except BaseException as end:
                wanted = end
            if wanted is DONE and kernel.now == started and receiver.alive and life.alive:
                response = answers[0]
                if type(response.body) is bytes:
                    exchange.response, exchange.ended = response, started
                    transcript.finish(exchange)
                    return response
            flight = Flight(fabric, exchange, life, target, timeout)
            flight.taken_up(receiver, answers)
            flight.follow(work, wanted)
        try:
            return await flight.answered
        finally:
            if not life.alive:
                raise Crashed(life.name)


class HostClock:
    """A host's idea of time: `now` may be wrong, spans are true. Raises Crashed once the host is down."""

    def __init__(self, kernel: Kernel, life: Incarnation, skew: Skew | None) -> None:
        self._kernel = kernel
        self._life = life
        # Read five times for each request, so a clock that is right costs no call of ours.
        true = partial(getattr, kernel, "now")
        self.now: Callable[[], float] = true if skew in (None, right) else lambda: skew(kernel.now)
        """Seconds since the Unix epoch, as this host believes."""

    async def sleep(self, seconds: float) -> None:
        """Return that many seconds later."""
        await sleep(seconds)
        if not self._life.alive:
            raise Crashed(self._life.name)

    def later(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        """Run `act` once, that many seconds from now; forgotten when the host goes down."""
        life = self._life
        if not life.alive:
            raise Crashed(life.name)

        async def work() -> None:
            await act()

        self._kernel.later(seconds, lambda: self._kernel.spawn(work(), life), life)
