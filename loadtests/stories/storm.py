"""In virtual time: a target comes back after an outage, and all who had something to tell it try again.

What was given meanwhile must arrive, and what everybody does at once must not be many times what they do
otherwise: or the target, which is just up, goes down again.
"""

from loadtests.ledger import ACKNOWLEDGED, digest
from loadtests.traffic import mean, windows
from loadtests.turn import Failed, Turn, World

NEEDS: tuple[str, ...] = ()
WEIGHT = 0.0
SIMULATED = True
WIDTH = 10


async def meanwhile(world: World) -> None:
    """In the middle third the first target is down."""
    host = world.target.places[0].called
    await world.sleep(world.span / 3)
    world.down.add(host)
    world.mark("target down")
    world.farm.crash(host)
    await world.sleep(world.span / 3)
    world.farm.restart(host)
    world.down.discard(host)
    world.mark("target up")


async def story(turn: Turn) -> None:
    """Somebody at a peer gives something; where it cannot be delivered now, their site goes on trying."""
    giver, taker = turn.local(), turn.remote()
    data, name = turn.bytes(100), f"/storm-{turn.number}"
    await giver.put(name, data)
    to = str(taker.address)
    entry = turn.ledger.open("share", str(giver.address), to, content={"": digest(data)})
    down = bool(turn.world.down)
    try:
        with turn.step("create"):
            share = await giver.share(name, taker.address, "user")
    except Failed:
        if not (down or turn.world.down):
            raise
        return
    turn.ledger.tell(entry, ACKNOWLEDGED, share)


def measure(world: World) -> dict[str, float]:
    """What came at once after the outage, beside what came before; and what never arrived."""
    host, third = world.target.places[0].called, world.span / 3
    counts = world.traffic.at(host, "shares")
    before = mean(windows(counts, 0, third, WIDTH))
    after = windows(counts, 2 * third, max(counts, default=0) + WIDTH, WIDTH)
    states = [share.state for peer in world.peers for share in world.farm.site(peer).records.sent_by()]
    return {
        "peak_ratio": max(after, default=0) / before if before else 0.0,
        "undelivered": float(sum(state in ("offered", "failed") for state in states)),
        "last_delivery_s": max((s for s, n in counts.items() if n), default=0) - 2 * third,
    }
