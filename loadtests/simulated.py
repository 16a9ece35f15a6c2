"""The same load in virtual time: peers and target are one simulated mesh, and a day takes minutes.

Stories begin at the same instants and are told by the same code. Nobody waits for a free user, so a story
always begins when it was to. Repeatable: one seed, the same result.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from loadtests import arrivals, looking, meshes, result, stories, thresholds
from loadtests.audit import Seen, judge
from loadtests.figures import Figures, Notes, Tick
from loadtests.ledger import Ledger, digest
from loadtests.target import Account, Place, Target
from loadtests.traffic import Traffic
from loadtests.turn import Failed, Turn
from meshsim.composition import SiteDown
from meshsim.entropy import stream
from meshsim.faults import Fault
from meshsim.mesh import Mesh
from meshsim.network.kernel import sleep
from meshsim.ocm.errors import OcmError
from meshsim.topology import Plan, Topology
from meshsim.wire import Exchange, NetworkError, Transcript

LATENCY = 0.02
"""Seconds, one way."""
QUIET = 3600.0
"""Seconds after the last arrival in which stories end, and peers tell what they have to."""
BARS = 300
"""Parts of a long run that figures are kept for; of a short one, each second."""
PEER_USERS = 20
LOOKERS = 16


class Unkept(Transcript):
    """Counts exchanges, shows them to observers, and forgets them."""

    def finish(self, exchange: Exchange) -> None:
        """Nothing about it will change any more."""
        del self._held[exchange.number]
        for observer in self.observers:
            observer(exchange)


class Simulation:
    """A story is told in it: see `turn.World`."""

    def __init__(
        self,
        names: Mapping[str, float],
        *,
        seed: int = 0,
        sites: int = 1,
        peers: int = 10,
        span: float = 10.0,
        topology: Topology | None = None,
        faults: Sequence[tuple[str, Fault]] = (),
        observers: Sequence[Callable[[Exchange], None]] = (),
    ) -> None:
        self.seed, self.label, self.span, self.stories = seed, str(seed), span, dict(names)
        targets = topology or meshes.topology(next(iter(names)) if len(names) == 1 else "mixed", sites)
        plans = tuple(
            Plan(
                f"peer{number}.example",
                users=PEER_USERS,
                groups={"lab": ("u1", "u2")},
                settings={"provider": f"peer {number}", "invite_lifetime": 86400.0},
            )
            for number in range(peers)
        )
        everybody = msgspec.structs.replace(targets, sites=(*targets.sites, *plans), latency=LATENCY)
        self.traffic = Traffic(lambda: self.mesh.now)
        self.transcript = Unkept(observers=(self.traffic, *observers))
        self.mesh = Mesh(everybody, seed, transcript=self.transcript, faults=faults)
        self.mesh.journal.entries = deque(maxlen=0)  # type: ignore[assignment] # nobody asks, and it would grow
        self.farm = self.mesh
        self.peers: Sequence[str] = tuple(plan.host for plan in plans)
        self.groups = {f"lab@{peer}": (f"u1@{peer}", f"u2@{peer}") for peer in self.peers}
        network = self.mesh.port("people.example")
        self.target = Target([self._place(plan) for plan in targets.sites], network)
        self.ledger = Ledger(lambda: self.mesh.now, "s-")
        self.ledger.pending = None
        self.notes = Notes("simulated")
        self.figures = Figures()
        self.down: set[str] = set()
        self.memory: dict[str, Any] = {}
        self.faults: list[str] = []
        self.width = max(1, int(span / BARS))
        self.started = self.mesh.now
        self._sent = 0
        self._slot = 0

    def _place(self, plan: Plan) -> Place:
        people = self.mesh.people(plan.host)
        some = [name for name, _ in zip(people, range(100), strict=False)]
        accounts = tuple(Account(name, people.password(name)) for name in some)
        groups = {} if isinstance(plan.groups, int) else plan.groups
        return Place(f"{plan.scheme}://{plan.host}", plan.host, accounts, groups)

    def clock(self) -> float:
        """Seconds, for spans."""
        return self.mesh.kernel.now

    async def sleep(self, seconds: float) -> None:
        """Return that many seconds later."""
        await sleep(seconds)

    async def together(self, works: Sequence[Any]) -> None:
        """Do several things at once; the first error is raised."""
        for task in [self.mesh.kernel.spawn(caught(work)) for work in works]:
            error = await task
            if error is not None:
                raise error

    def mark(self, what: str) -> None:
        """Note that something happened to the target or to a peer."""
        self._turn_page()
        self.notes.marks.append(what)

    # The run

    def run(self, instants: Sequence[float] | Any) -> None:
        """Tell a story at each instant, and let the mesh become quiet."""
        self.mesh.run(self._prepared())
        self.started = self.mesh.kernel.now
        self._sent = len(self.transcript)
        self.traffic.begin()
        kernel = self.mesh.kernel
        for story in self.stories:
            meanwhile = getattr(stories.load(story), "meanwhile", None)
            if meanwhile is not None:
                kernel.spawn(meanwhile(self))
        kernel.run(self._driven(instants))
        self.mesh.settle(QUIET)
        self._turn_page(last=True)

    async def _prepared(self) -> None:
        for story in self.stories:
            prepare = getattr(stories.load(story), "prepare", None)
            if prepare is not None:
                await prepare(self)

    async def _driven(self, instants: Any) -> None:
        kernel, number = self.mesh.kernel, 0
        for number, instant in enumerate(instants):
            wait = self.started + instant - kernel.now
            if wait > 0:
                await sleep(wait)
            kernel.spawn(self._tell(number))

    def _story(self, number: int) -> str:
        if len(self.stories) == 1:
            return next(iter(self.stories))
        chance = stream(self.seed, "story", str(number))
        return chance.choices(list(self.stories), list(self.stories.values()))[0]

    async def _tell(self, number: int) -> None:
        self._turn_page()
        story, begun = self._story(number), self.clock()
        self.notes.begun += 1
        turn = Turn(self, story, number)  # type: ignore[arg-type]
        why = ""
        try:
            await self.mesh.guarded(stories.load(story).story(turn))
        except Failed as failed:
            why = str(failed)
        except SiteDown:
            if turn.peer in self.down:
                return
            why = f"{story}: a site is down"
        except (OcmError, NetworkError) as failed:
            why = f"{story}: {failed}"
        self._turn_page()
        spent = self.clock() - begun
        self.notes.story(story, turn.peer, spent, spent, why)

    def _turn_page(self, *, last: bool = False) -> None:
        """Close the part of the run that is over."""
        slot = int((self.clock() - self.started) // self.width)
        if slot > self._slot or last:
            self.notes.requests = len(self.transcript) - self._sent
            self._sent = len(self.transcript)
            self.figures.sum(*self.notes.part(self._slot * self.width, 0.0))
            for idle in range(self._slot + 1, min(slot, int(self.span // self.width))):
                self.figures.add(Tick(idle * self.width, self.notes.worker))
            self._slot = slot

    # The end

    def look(self) -> Seen:
        """What both sides have, and what can be read."""
        entries = list(self.ledger.entries.values())

        async def work() -> Seen:
            seen = await looking.at_target(self.target, entries, self._some_at_once)
            seen.add(await looking.at_peers(self.mesh, self.peers, self.target, entries, self._some_at_once))
            return seen

        return self.mesh.run(work())

    async def _some_at_once(self, works: Sequence[Any]) -> None:
        """As many as under Locust, so that what sites know of each other stays fresh meanwhile."""
        for first in range(0, len(works), LOOKERS):
            await self.together(works[first : first + LOOKERS])

    def close(self) -> None:
        """Let go of the mesh."""
        self.mesh.kernel.close()
        self.mesh.close()


async def caught(work: Awaitable[None]) -> Exception | None:
    """What goes wrong is for who waits, and no failure of the run's own."""
    try:
        await work
    except Exception as error:
        return error
    return None


def run(asked: Any, faults: Sequence[tuple[str, Fault]] = ()) -> dict[str, Any]:
    """The result of a run in virtual time; `asked` is a `load.Asked`, settled."""
    made = Simulation(
        stories.chosen(asked.story),
        seed=asked.seed,
        sites=asked.sites,
        peers=asked.peers,
        span=asked.duration,
        faults=faults,
    )
    try:
        made.run(arrivals.instants(asked.arrival, asked.rate, asked.duration, asked.seed))
        found = summed(made, asked)
    finally:
        made.close()
    return found


def summed(made: Simulation, asked: Any) -> dict[str, Any]:
    """What a simulation measured and what became of everything, judged."""
    measured: dict[str, float] = {}
    for story in made.stories:
        measure = getattr(stories.load(story), "measure", None)
        if measure is not None:
            measured |= {name: round(value, 4) for name, value in measure(made).items()}
    # Before anybody looks: that is traffic, too, and none of the story's.
    traffic = made.traffic.series(made.width, made.span)
    verdict = judge(made.ledger.entries, made.look())
    known = {**msgspec.structs.asdict(asked), "target": made.target.urls, "simulated": True}
    limits = thresholds.load(asked.story, Path(asked.limits) if asked.limits else None)
    found = result.assembled(
        known,
        made.figures,
        verdict,
        limits,
        limit=0.0,
        arrivals=made.figures.begun,
        faults=made.faults,
        measured=measured,
        traffic=traffic,
    )
    told = msgspec.json.encode([list(made.ledger.entries.values()), found["seconds"], found["latency_ms"]])
    return {**found, "digest": digest(told)}
