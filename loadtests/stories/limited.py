"""In virtual time: a target that limits, and peers who have more to tell than it takes, and obey.

What it allows must be used, and evenly: neither idle minutes while everybody waits, nor all at once after.
"""

from loadtests.ledger import ACKNOWLEDGED, digest
from loadtests.traffic import mean, windows
from loadtests.turn import Failed, Turn, World

NEEDS: tuple[str, ...] = ()
WEIGHT = 0.0
SIMULATED = True
PER_MINUTE = 6.0
POLICIES = (("rate", {"per_minute": PER_MINUTE, "burst": 5, "spare": 0.0}),)
WIDTH = 60


async def story(turn: Turn) -> None:
    """Somebody at a peer gives something, now or when the target lets it in."""
    giver, taker = turn.local(), turn.remote()
    data, name = turn.bytes(100), f"/limited-{turn.number}"
    await giver.put(name, data)
    to = str(taker.address)
    entry = turn.ledger.open("share", str(giver.address), to, content={"": digest(data)})
    try:
        with turn.step("create"):
            share = await giver.share(name, taker.address, "user")
    except Failed:
        return  # its site goes on trying
    turn.ledger.tell(entry, ACKNOWLEDGED, share)


def measure(world: World) -> dict[str, float]:
    """How much of the allowance was used, how unevenly, and how many requests were in vain."""
    host = world.target.places[0].called
    taken = world.traffic.at(host, "shares", taken=True)
    asked = sum(world.traffic.at(host, "shares").values())
    minutes = windows(taken, WIDTH * 2, world.span, WIDTH)
    allowed = PER_MINUTE * WIDTH / 60 * len(world.peers)
    states = [share.state for peer in world.peers for share in world.farm.site(peer).records.sent_by()]
    return {
        "used": mean(minutes) / allowed,
        "swing": max(minutes, default=0) / max(min(minutes, default=0), 1),
        "in_vain": (asked - sum(taken.values())) / asked if asked else 0.0,
        "undelivered": float(sum(state in ("offered", "failed") for state in states)),
    }
