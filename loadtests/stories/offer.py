"""Peers give to people of the target whom nobody makes act, and take some of it back: any OCM site will do.

Whether it was accepted or read cannot be known; that it was acknowledged, and that the message to take it
back was, can.
"""

from loadtests.ledger import ACKNOWLEDGED, UNSHARED, UNSHARING, digest
from loadtests.stories.share import told
from loadtests.target import Target
from loadtests.turn import Turn

WEIGHT = 0.0
"""`share` does this and more, where people of the target act."""
NEEDS: tuple[str, ...] = ()
KEPT = 0.5


def left_out(target: Target) -> list[str]:
    """What needs somebody who acts."""
    return ["nobody at the target accepts or reads; it is asked whether it acknowledges"]


def why_not(target: Target) -> str:
    """Nobody there can take up an invite."""
    return "the target takes shares from contacts alone, and nobody there acts" if target.must_invite else ""


async def story(turn: Turn) -> None:
    """A share that is created, and taken back by a notification."""
    giver, to = turn.local(), turn.remote().address
    name, data = f"offer-{turn.world.label}-{turn.number}.txt", turn.text(1024)
    await giver.put(f"/{name}", data)
    entry = turn.ledger.open("share", str(giver.address), str(to), content={"": digest(data)})
    with turn.step("create"):
        share = await giver.share(f"/{name}", to, "user")
    turn.ledger.tell(entry, ACKNOWLEDGED, share)
    if turn.chance.random() < KEPT:
        return
    turn.ledger.tell(entry, UNSHARING)
    with turn.step("unshare"):
        await giver.unshare(share)
        await turn.until(lambda: told(giver, "sent", share), "the target did not take the message")
    turn.ledger.tell(entry, UNSHARED)
