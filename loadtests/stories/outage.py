"""One peer dies and comes back while the rest go on: what do the others feel?"""

from loadtests.ledger import digest
from loadtests.stories import share
from loadtests.turn import Turn, World
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.errors import PeerError

NEEDS = share.NEEDS
WEIGHT = 0.0
"""It takes a peer down that the stories of `mixed` use."""
TO_THE_DEAD = 0.2
"""Of so many stories somebody at the target gives something to the peer that is down."""


async def meanwhile(world: World) -> None:
    """In the middle third of the run the first peer is down."""
    victim = world.peers[0]
    await world.sleep(world.span / 3)
    world.down.add(victim)
    world.mark(f"{victim} down")
    world.farm.crash(victim)
    await world.sleep(world.span / 3)
    world.farm.restart(victim)
    world.down.discard(victim)
    world.mark(f"{victim} up")


async def story(turn: Turn) -> None:
    """A share between the living; now and then one to the dead, which must not hold the target up."""
    if turn.world.down and turn.chance.random() < TO_THE_DEAD:
        await to_the_dead(turn, next(iter(turn.world.down)))
        return
    alive = [peer for peer in turn.world.peers if peer not in turn.world.down]
    turn.peer = alive[turn.number % len(alive)]
    await share.story(turn)


async def to_the_dead(turn: Turn, dead: str) -> None:
    """The target takes it, or says that it cannot deliver it; either is an answer."""
    giver = turn.remote()
    data = turn.bytes(100)
    name = f"/dead-{turn.world.label}-{turn.number}"
    with turn.step("write"):
        await giver.put(name, data)
    to = f"u1@{dead}"
    turn.ledger.open("share", str(giver.address), to, content={"": digest(data)})
    with turn.step("to the dead"):
        try:
            await giver.share(name, OcmAddress.parse(to), "user")
        except PeerError as error:
            turn.expect("to the dead", "timeout" not in str(error), "the target did not answer")
