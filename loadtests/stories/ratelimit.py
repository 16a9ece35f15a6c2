"""Many peers at the metadata endpoints, some of them greedy, while others read over WebDAV.

A site that limits must say 429 with Retry-After to whoever asks too often, leave others alone, and never
limit WebDAV. Of the greedy, some obey what they are told and some do not.
"""

from loadtests.actors import Local
from loadtests.ledger import ACKNOWLEDGED, FAILED, digest
from loadtests.stories import _standing
from loadtests.stories._standing import give, standing
from loadtests.turn import Failed, Turn, World
from meshsim.ocm.errors import PeerError
from meshsim.ocm.notification import SHARE_ACCEPTED, Detail, FileDetail, Notification

NEEDS = _standing.NEEDS
WEIGHT = 0.0
"""It needs a target that limits, so it is not among `mixed`."""
POLICIES = (("rate", {"per_minute": 60.0, "burst": 10, "spare": 0.0}),)
GREED = 15
"""Requests that a greedy peer makes at once: more than its burst."""


async def prepare(world: World) -> None:
    """Each peer is given something to read."""
    await give(world, "ratelimit")


async def story(turn: Turn) -> None:
    """What a peer does depends on which it is."""
    index = list(turn.world.peers).index(turn.peer)
    if index % 5 == 0:
        await greedy(turn, obeys=index % 10 == 0)
    elif index % 5 == 1:
        await reading(turn)
    else:
        await honest(turn)


async def honest(turn: Turn) -> None:
    """One share now and then, which must be taken."""
    giver, taker = turn.local(), turn.remote()
    data, name = turn.bytes(100), f"/{turn.story}-{turn.world.label}-{turn.number}"
    await giver.put(name, data)
    content = {"": digest(data)}
    entry = turn.ledger.open("share", str(giver.address), str(taker.address), content=content)
    try:
        with turn.step("honest"):
            share = await giver.share(name, taker.address, "user")
    except Failed:
        turn.ledger.tell(entry, FAILED)
        raise
    turn.ledger.tell(entry, ACKNOWLEDGED, share)


async def reading(turn: Turn) -> None:
    """Many reads, of which none may be limited."""
    there = standing(turn.world)[turn.peer]
    for _ in range(GREED):
        with turn.step("read"):
            answer = await there.peer.open(there.host, there.share, "GET", "read-me.txt")
        turn.expect("read", answer.status != 429, "WebDAV was limited")
        turn.expect("read", answer.status == 200, f"answered {answer.status}")


async def greedy(turn: Turn, *, obeys: bool) -> None:
    """Far more at once than is fair. Who obeys stops when told to, and asks no more before its time."""
    step = "greedy, obeys" if obeys else "greedy, does not obey"
    giver, host, limited = turn.local(), turn.remote().address.host, 0
    for _ in range(GREED):
        if not obeys:
            giver.site.peers.held.clear()
        with turn.step(step):
            limited += await asked(turn, giver, host, step)
        if obeys and limited:
            break
    turn.expect(step, limited > 0, f"{GREED} requests at once, and none was limited")


async def asked(turn: Turn, giver: Local, host: str, step: str) -> bool:
    """One signed notification of no importance; whether it was limited."""
    detail = Detail(file=FileDetail(provider_id="of-no-importance"))
    try:
        await giver.site.notify(
            host, Notification(SHARE_ACCEPTED, giver.address.host, "file", "user", detail), ""
        )
    except PeerError as error:
        if error.answered == 429:
            turn.expect(step, error.retry_after is not None, "429 without Retry-After")
            return True
        if error.answered not in (400, 404):
            raise
    return False
