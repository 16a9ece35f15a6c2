"""In virtual time: all sites of a federation read its directory at once, and so their copies end at once.

Whatever their users do then, a site asks for each refresh once, and every site has its list.
"""

from loadtests.traffic import windows
from loadtests.turn import Turn, World

NEEDS: tuple[str, ...] = ()
WEIGHT = 0.0
SIMULATED = True
DIRECTORY = True
TOGETHER = 4
"""People of one site who look at the same moment."""
WIDTH = 10
LIFETIME = 3600.0


async def prepare(world: World) -> None:
    """Everybody is in the directory, and has just read it."""
    for host in world.peers:
        await world.farm.site(host).listing.register()
    for host in world.peers:
        await world.farm.site(host).listing.providers(fresh=True)


async def story(turn: Turn) -> None:
    """Some people at a peer look where others come from."""
    listing = turn.world.farm.site(turn.peer).listing

    async def look() -> None:
        found = await listing.providers()
        turn.expect("look", len(found) >= len(turn.world.peers), "the list is not complete")

    with turn.step("look"):
        await turn.world.together([look() for _ in range(TOGETHER)])


def measure(world: World) -> dict[str, float]:
    """Refreshes for each site and lifetime, and the most that come at once."""
    polls = world.traffic.at("directory.example", "directory")
    refreshes = max((world.span - 1) // LIFETIME, 1) * len(world.peers)
    most = max(windows(polls, 0, world.span, WIDTH), default=0)
    return {
        "polls_per_refresh": sum(polls.values()) / refreshes,
        "peak_share": most / len(world.peers),
    }
