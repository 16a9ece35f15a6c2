"""Keeps the books of one Locust process: its peers, who begins when, what was measured and written down.

Alone it judges, too; as a worker it hands what it has to the master, second by second.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import gevent
from gevent.pool import Pool

from conformance import Unsupported
from loadtests import arrivals, looking, null, opening, stories
from loadtests.audit import Seen
from loadtests.farm import GROUP
from loadtests.figures import LAG, LATENCY, Notes, Tick
from loadtests.ledger import Ledger, Note
from loadtests.opening import Options
from loadtests.reach import Reach
from loadtests.target import BadTarget, Target
from loadtests.turn import Failed, Turn
from meshsim.composition import SiteDown
from meshsim.entropy import stream
from meshsim.network.blocking import BlockingPort, complete
from meshsim.ocm.errors import OcmError
from meshsim.wire import NetworkError

DRAIN = 30.0
"""Seconds that stories under way may take to end once nothing new begins."""
BEAT = 0.02
"""Seconds between two looks at how late the generator itself is."""


class Clerk:
    """A story is told in it: see `turn.World`."""

    def __init__(self, options: Options, number: int = 0, workers: int = 1) -> None:
        self.options, self.number, self.workers = options, number, workers
        self.seed = options.seed
        self.label = f"{options.seed}-{time.time_ns():x}"
        self.name = f"w{number}"
        self.notes = Notes(self.name)
        path = Path(options.books) / f"{self.name}.ledger" if options.books else None
        self.ledger = Ledger(time.time, f"{self.name}-", path)
        self.stories = stories.chosen(options.story)
        self.left_out: list[str] = []
        """What of the stories cannot be told at this target, and why."""
        self.started: float | None = None
        self.opened = self.closed = False
        self.span = options.duration
        self.down: set[str] = set()
        self.memory: dict[str, Any] = {}
        self.running: dict[int, float] = {}
        """Stories under way, by number: their intended start."""
        self.limit = 0.0
        self.on_tick: Callable[[Tick], None] = lambda tick: None
        self.on_notes: Callable[[list[Note]], None] | None = None
        """Who collects the lines of the books; nobody where these books are those of the run."""
        self.fired: Callable[[str, float, Exception | None], None] = lambda name, seconds, error: None
        self._next = 0
        self._over = False
        self._sent = 0
        self._greenlets: list[Any] = []
        self._instants = (
            arrivals.instants(options.arrival, options.rate, options.duration, options.seed)
            if options.rate
            else None
        )

    # Opening

    def aim(self) -> Target:
        """Look at the target, and sign in. BadTarget or NotAllowed say why that cannot be."""
        self.reach = opening.reach(self.options)
        self.target = opening.aimed(self.options, self.reach)
        return self.target

    def open(self) -> None:
        """Look at the target, see what we can do, and bring the peers up; raises as `aim` does."""
        options = self.options
        self.aim()
        self.stories, self.left_out = opening.fitting(options.story, self.target)
        if options.calibrate:
            self.limit = null.measured(options.calibrate, self._null_port)
        self.farm = opening.planted(options, self.reach, self.number, self.workers)
        self.peers: Sequence[str] = self.farm.hosts
        self.groups = {f"lab@{peer}": tuple(f"{one}@{peer}" for one in GROUP) for peer in self.peers}
        complete(opening.believed(self.farm, self.target, options))
        self.memory["acquainted"] = complete(opening.acquainted(self.farm, self.target))
        for story in self.stories:
            prepare = getattr(stories.load(story), "prepare", None)
            if prepare is not None:
                try:
                    complete(prepare(self))
                except (OcmError, Unsupported) as error:
                    raise BadTarget(f"{story} cannot be prepared: {error}") from error
        self.opened = True

    def _null_port(self) -> BlockingPort:
        reach = Reach()
        dial = reach.dial()

        def connect(scheme: str, authority: str, timeout: float) -> Any:
            reach.aim(scheme, authority)
            return dial(scheme, authority, timeout)

        return BlockingPort(connect, self.options.agent)

    # The run

    def start(self) -> None:
        """Let stories begin: the intended instants count from now."""
        if self.started is None:
            self.started = self._looked = time.monotonic()
            self._spent, self._second = time.process_time(), 0
            if self.on_notes is None:
                self.ledger.pending = None
            self._greenlets = [gevent.spawn(self._beat), gevent.spawn(self._ticks)]
            for story in self.stories:
                meanwhile = getattr(stories.load(story), "meanwhile", None)
                if meanwhile is not None:
                    self._greenlets.append(gevent.spawn(complete, meanwhile(self)))

    @property
    def exhausted(self) -> bool:
        """Whether no story will begin any more, and all that began have ended."""
        return self._instants is not None and self._over and not self.running

    def clock(self) -> float:
        """Seconds, for spans."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return that many seconds later."""
        gevent.sleep(seconds)

    def turn(self, story: str | None) -> bool:
        """Tell the next story when it is due, or at once in the closed model; False if there is none."""
        while self.started is None and not self.closed:
            gevent.sleep(0.01)
        taken = self._take()
        if taken is None:
            return False
        number, intended = taken
        self.running[number] = intended
        try:
            wait = intended - time.monotonic()
            if wait > 0:
                gevent.sleep(wait)
            self._tell(story or self._story(number), number, intended)
        finally:
            self.running.pop(number, None)
        return True

    def _take(self) -> tuple[int, float] | None:
        if self.closed or self._over:
            return None
        if self._instants is None:
            self._next += 1
            return (self._next - 1) * self.workers + self.number, time.monotonic()
        while True:
            instant = next(self._instants, None)
            if instant is None:
                self._over = True
                return None
            number = self._next
            self._next += 1
            if number % self.workers == self.number:
                return number, (self.started or 0.0) + instant

    def _story(self, number: int) -> str:
        if len(self.stories) == 1:
            return next(iter(self.stories))
        chance = stream(self.seed, "story", str(number))
        return chance.choices(list(self.stories), list(self.stories.values()))[0]

    def _tell(self, story: str, number: int, intended: float) -> None:
        begun = intended if self._instants is None else time.monotonic()
        self.notes.begun += 1
        turn = Turn(self, story, number)  # type: ignore[arg-type]
        error: Exception | None = None
        why = ""
        try:
            complete(self.farm.guarded(stories.load(story).story(turn)))
        except SiteDown as down:
            if turn.peer in self.down:
                return  # as planned: what the others feel is the question
            error, why = down, f"{story}: a peer of ours is down"
        except Failed as failed:
            error, why = failed, str(failed)
        except (OcmError, NetworkError) as failed:
            error, why = failed, f"{story}: {failed}"
        except Exception as failed:
            error, why = failed, f"our own fault in {story}: {type(failed).__name__}: {failed}"
            self.farm.ground.failures.append(failed)
        ended = time.monotonic()
        self.notes.story(story, turn.peer, ended - intended, ended - begun, why)
        self.fired(story, ended - intended, error)

    def mark(self, what: str) -> None:
        """Note that something happened to the target or to a peer."""
        self.notes.marks.append(what)

    def _beat(self) -> None:
        while not self.closed:
            due = time.monotonic() + BEAT
            gevent.sleep(BEAT)
            self.notes.time(LAG, max(time.monotonic() - due, 0.0))
            if self.ledger.pending:
                self._hand_on()

    def _ticks(self) -> None:
        while not self.closed:
            gevent.sleep(max((self.started or 0.0) + self._second + 1 - time.monotonic(), 0.01))
            self.flush()

    def flush(self) -> None:
        """Hand over what was noted until now."""
        now, spent = time.monotonic(), time.process_time()
        passed = max(now - self._looked, 1e-6)
        self.notes.requests = self._requests() - self._sent
        self._sent = self._requests()
        used = min((spent - self._spent) / passed, 1.0) if passed > 0.2 else 0.0
        tick = self.notes.tick(self._second, used)
        self._spent, self._looked = spent, now
        self._second = max(self._second + 1, int(now - (self.started or now)))
        self.on_tick(tick)
        self._hand_on()

    def _hand_on(self) -> None:
        if self.on_notes is not None:
            self.on_notes(self.ledger.take())

    def _requests(self) -> int:
        ports = [self.target.network, *self.farm.ground.ports.values()]
        return sum(port.requests for port in ports)  # type: ignore[attr-defined]

    # Closing

    def close(self) -> None:
        """Let nothing new begin, wait for what is under way, and for what peers still have to tell."""
        if self.closed:
            return
        end = time.monotonic() + DRAIN
        self._over = True
        while self.running and time.monotonic() < end:
            if all(begun > time.monotonic() for begun in self.running.values()):
                break  # not begun yet, and never will
            gevent.sleep(0.02)
        self.closed = True
        self._never_begun()
        if self.started is not None:
            self.flush()
        gevent.killall(self._greenlets, block=False)
        self.farm.settle(10.0)

    def _never_begun(self) -> None:
        """What was due and nobody was free for counts with the time that it waited."""
        now, started, span = time.monotonic(), self.started, self.options.duration
        if self._instants is None or started is None:
            return
        for place, instant in enumerate(self._instants, self._next):
            if started + instant > min(now, started + span):
                break
            if place % self.workers == self.number:
                self.notes.time(LATENCY, now - started - instant)
                self.notes.errors["never began: all users were busy"] += 1
        for intended in self.running.values():
            if intended <= now:
                self.notes.time(LATENCY, now - intended)
                self.notes.errors[f"not ended {DRAIN:g} s after the run"] += 1

    def look(self) -> Seen:
        """What the peers of this process have, and what can be read."""
        entries = list(self.ledger.entries.values())
        return complete(looking.at_peers(self.farm, self.peers, self.target, entries, together))

    def end(self) -> None:
        """Let go of everything."""
        self.ledger.close()
        if hasattr(self, "farm"):
            self.farm.close()
            self.target.network.close()  # type: ignore[attr-defined]

    @property
    def failures(self) -> list[BaseException]:
        """What went wrong in code of ours."""
        return self.farm.failures if hasattr(self, "farm") else []


async def together(works: Sequence[Awaitable[None]]) -> None:
    """Several things at once, each in a greenlet of its own."""

    async def one(work: Awaitable[None]) -> None:
        await work

    pool = Pool(16)
    done = [pool.spawn(complete, one(work)) for work in works]
    gevent.joinall(done, raise_error=True)
