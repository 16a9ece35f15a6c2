"""In virtual time: many tokens that were given at one moment end at one moment, and all readers go on.

Nobody may notice; and of what is read, only the first after the end of a token asks for another.
"""

from loadtests import actors
from loadtests.stories import _standing
from loadtests.stories._standing import give, standing
from loadtests.turn import Turn, World

NEEDS = _standing.NEEDS
WEIGHT = 0.0
SIMULATED = True
LIFETIME = 600
SETTINGS = {"token_lifetime": LIFETIME}
TOGETHER = 3
"""Files that are read at one moment."""
EARLY = 30.0


async def prepare(world: World) -> None:
    """Each peer has a folder, and a token for it."""
    await give(world, "renewal")
    for there in standing(world).values():
        await actors.content(there.peer, there.host, there.share, "read-me.txt")


async def story(turn: Turn) -> None:
    """Some reads at once."""
    there = standing(turn.world)[turn.peer]

    async def look() -> None:
        found = await actors.content(there.peer, there.host, there.share, "read-me.txt")
        turn.expect("read", found == f"shared with {turn.peer}\n".encode(), "other bytes than were written")

    with turn.step("read"):
        await turn.world.together([look() for _ in range(TOGETHER)])


def measure(world: World) -> dict[str, float]:
    """Tokens for each share and lifetime, and the share of requests that were for tokens when most were."""
    host = world.target.places[0].called
    tokens = world.traffic.at(host, "tokens")
    lives = max(world.span // (LIFETIME - EARLY), 1) * len(world.peers)
    return {
        "tokens_per_life": sum(tokens.values()) / lives,
        "most_in_a_second": float(max(tokens.values(), default=0)),
    }
