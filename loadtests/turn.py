"""One telling of a story: who acts, what time it is, where it is written down."""

import re
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any, Protocol

from loadtests.actors import Actor, Local
from loadtests.figures import Notes
from loadtests.ledger import Ledger
from loadtests.target import Target
from loadtests.traffic import Traffic
from meshsim.composition import Composition
from meshsim.entropy import stream
from meshsim.ocm.errors import OcmError
from meshsim.wire import NetworkError

PATIENCE = 10.0
"""Seconds in which what one side did must be seen at the other."""


class World(Protocol):
    """What a story is told in: under Locust in real time, or in a simulated mesh."""

    seed: int
    label: str
    """What names of this run have in them, so that another run at the same target is not in the way."""
    span: float
    """Seconds in which stories begin."""
    peers: Sequence[str]
    """Hosts of our own peers."""
    groups: Mapping[str, tuple[str, ...]]
    """Groups of our peers and who is in them, by OCM Address."""
    down: set[str]
    """Peers that a story took down, and that are to be down."""
    traffic: Traffic
    """What was asked of whom; only in virtual time."""
    memory: dict[str, Any]
    """What stories keep from one turn to the next."""
    farm: Composition
    target: Target
    ledger: Ledger
    notes: Notes

    def clock(self) -> float:
        """Seconds, for spans."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return that many seconds later."""
        ...

    async def together(self, works: Sequence[Coroutine[Any, Any, None]]) -> None:
        """Do several things at once; the first error is raised."""

    def mark(self, what: str) -> None:
        """Note that something happened to the target or to a peer."""
        ...


class Failed(Exception):
    """A step did not end as it should; the message is the reason that errors are counted by."""


class Turn:
    """The `number`th telling of a story."""

    def __init__(self, world: World, story: str, number: int) -> None:
        self.world = world
        self.story = story
        self.number = number
        self.ledger = world.ledger
        self.chance: Random = stream(world.seed, "turn", story, str(number))
        self.peer = world.peers[number % len(world.peers)]

    def local(self) -> Local:
        """Somebody at this turn's peer."""
        user = f"u{self.chance.randrange(1, 21)}"
        return Local(self.world.farm.person(f"{user}@{self.peer}"))

    def remote(self) -> Any:
        """Somebody at the target."""
        return self.chance.choice(self.world.target.people)

    def pair(self) -> tuple[Actor, Actor]:
        """One of each, in either order: who gives and who takes."""
        both: tuple[Actor, Actor] = (self.local(), self.remote())
        return both if self.number % 2 else (both[1], both[0])

    def somebody(self, address: str) -> Actor:
        """Whoever has that OCM Address."""
        return self.world.target.by_address.get(address) or Local(self.world.farm.person(address))

    def bytes(self, size: int) -> bytes:
        """Content that no other file of the run has."""
        head = f"{self.story} {self.number} of seed {self.world.seed}\n".encode()
        return (head + self.chance.randbytes(min(size, 4096)) * (size // 4096 + 1))[: max(size, len(head))]

    def text(self, size: int) -> bytes:
        """The same, printable, for sites that show what they read."""
        head = f"{self.story} {self.number} of seed {self.world.seed}\n"
        return (head + self.chance.randbytes(size // 2 + 1).hex())[: max(size, len(head))].encode()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step, and say by which a story failed."""
        begun = self.world.clock()
        try:
            yield
        except (OcmError, NetworkError) as error:
            raise Failed(f"{self.story} {name}: {reason(error)}") from error
        finally:
            self.world.notes.time(f"step {self.story} {name}", self.world.clock() - begun)

    def expect(self, name: str, right: bool, what: str) -> None:
        """Fail the step unless something is as it should be."""
        if not right:
            raise Failed(f"{self.story} {name}: {what}")

    async def until(self, true: Callable[[], bool | Awaitable[bool]], what: str) -> None:
        """Wait until something is seen; Failed after PATIENCE."""
        end, pause = self.world.clock() + PATIENCE, 0.005
        while True:
            found: Any = true()
            if not isinstance(found, bool):
                found = await found
            if found:
                return
            if self.world.clock() > end:
                raise Failed(f"{self.story}: {what} within {PATIENCE:g} s")
            await self.world.sleep(pause)
            pause = min(pause * 2, 0.25)


_PLACES = re.compile(r"https?://\S+|\S+@\S+|[\w.\-]+:\d+|\d{4,}|'[^']*'|\S{33,}")


def reason(error: Exception) -> str:
    """An error without what makes each one different, so that equal ones are counted together."""
    told = error.reason if isinstance(error, NetworkError) else str(error)
    return _PLACES.sub("...", told.partition("\n")[0])[:120]
