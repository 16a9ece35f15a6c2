"""Generate, forward, accept: afterwards each is the other's contact."""

from loadtests.actors import Actor, Local
from loadtests.ledger import ACCEPTED, ACKNOWLEDGED
from loadtests.turn import Turn

WEIGHT = 1.0
NEEDS = ("invite", "accept_invite")


async def story(turn: Turn) -> None:
    """One invite, from a peer to somebody at the target or the other way."""
    giver, taker = turn.pair()
    entry = turn.ledger.open("invite", str(giver.address), str(taker.address))
    with turn.step("generate"):
        invite = await giver.invite()
    with turn.step("accept"):
        await taker.accept_invite(invite)
    turn.ledger.tell(entry, ACKNOWLEDGED)
    with turn.step("contact"):
        await turn.until(lambda: met(giver, taker), "no contact at our side")
    turn.ledger.tell(entry, ACCEPTED)


def met(one: Actor, other: Actor) -> bool:
    """Whether whoever of the two is at a peer of ours has the other as a contact."""
    if isinstance(one, Local):
        return one.site.records.contact(one.address.user, other.address) is not None
    return not isinstance(other, Local) or met(other, one)
