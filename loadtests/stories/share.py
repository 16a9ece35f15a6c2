"""Create, accept, notify, read, unshare: between a peer and the target, in both directions."""

from loadtests import actors
from loadtests.actors import Actor, Local
from loadtests.ledger import ACCEPTED, ACKNOWLEDGED, READ, UNSHARED, UNSHARING, Entry, digest
from loadtests.turn import Turn
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.errors import OcmError

WEIGHT = 4.0
KEPT = 0.25
"""Of so many shares none is taken back, so that there is something to look for afterwards."""
GROUP = "lab"
TO_GROUPS = 0.2


async def story(turn: Turn) -> None:
    """One share from its beginning to its end."""
    giver, taker = turn.pair()
    members = _group(turn, taker.address.host)
    if members and turn.chance.random() < TO_GROUPS:
        taker = turn.somebody(turn.chance.choice(members))
    else:
        members = ()
    entry, share_type = await _written(turn, giver, taker, members)
    to = OcmAddress.parse(entry.taker)
    with turn.step("create"):
        entry_id = await giver.share(f"/{_name(turn)}", to, share_type)
    turn.ledger.tell(entry, ACKNOWLEDGED, entry_id)
    with turn.step("accept"):
        await taker.accept(entry.host, entry.share)
    turn.ledger.tell(entry, ACCEPTED)
    with turn.step("notify"):
        await turn.until(lambda: accepted(giver, taker, entry), "the sender did not hear of it")
    with turn.step("read"):
        for path, right in entry.content.items():
            found = digest(await actors.content(taker, entry.host, entry.share, path))
            turn.expect("read", found == right, "the bytes are not those that were written")
    turn.ledger.tell(entry, READ)
    if turn.chance.random() < KEPT:
        return
    turn.ledger.tell(entry, UNSHARING)
    with turn.step("unshare"):
        await giver.unshare(entry.share)
    turn.ledger.tell(entry, UNSHARED)
    with turn.step("gone"):
        await turn.until(lambda: gone(giver, taker, entry), "the share was not gone")


async def _written(turn: Turn, giver: Actor, taker: Actor, members: tuple[str, ...]) -> tuple[Entry, str]:
    """What is shared, written before it is; and the books opened on it."""
    name, folder = _name(turn), turn.chance.random() < 0.25
    files = {f"part-{n}.txt": turn.bytes(512 + n) for n in range(2)} if folder else {"": turn.bytes(1024)}
    with turn.step("write"):
        if folder:
            await giver.make_folder(f"/{name}")
        for path, data in files.items():
            await giver.put(f"/{name}/{path}".rstrip("/"), data)
    to, share_type = str(taker.address), "user"
    if members:
        to, share_type = f"{GROUP}@{taker.address.host}", "group"
    content = {path: digest(data) for path, data in files.items()}
    entry = turn.ledger.open("share", str(giver.address), to, content=content, members=members)
    return entry, share_type


def _group(turn: Turn, host: str) -> tuple[str, ...]:
    """Who is in the group of a site, if it has one that is known."""
    group = f"{GROUP}@{host}"
    return tuple(turn.world.target.groups.get(group) or turn.world.groups.get(group, ()))


def _name(turn: Turn) -> str:
    return f"{turn.story}-{turn.world.label}-{turn.number}"


def accepted(giver: Actor, taker: Actor, entry: Entry) -> bool:
    """Whether the sender knows: by our own records, or since it took our message."""
    if isinstance(giver, Local):
        sent = giver.site.records.sent(entry.share)
        return sent is not None and sent.state == "accepted"
    return isinstance(taker, Local) and told(taker, "received", f"{entry.host} {entry.share}")


async def gone(giver: Actor, taker: Actor, entry: Entry) -> bool:
    """Whether the taker has it no more."""
    if isinstance(taker, Local):
        row = taker.site.records.received(f"{entry.host} {entry.share}")
        return row is None or row.state == "revoked"
    if isinstance(giver, Local) and not told(giver, "sent", entry.share):
        return False
    try:
        answer = await taker.open(entry.host, entry.share, "GET", next(iter(entry.content)))
    except OcmError:
        return True
    return answer.status in (401, 403, 404, 410)


def told(actor: Local, kind: str, subject: str) -> bool:
    """Whether a peer of ours has nothing left to tell about something."""
    return actor.site.records.errand(f"{kind} {subject}") is None
