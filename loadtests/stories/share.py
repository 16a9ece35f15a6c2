"""Create, accept, notify, read, unshare: between a peer and the target, in both directions."""

from conformance import Unsupported
from loadtests import actors
from loadtests.actors import Actor, Local
from loadtests.ledger import ACCEPTED, ACKNOWLEDGED, READ, UNSHARED, UNSHARING, Entry, digest
from loadtests.stories.invite import met
from loadtests.target import Target
from loadtests.turn import Failed, Turn
from meshsim.ocm import errors
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.errors import OcmError

WEIGHT = 4.0
NEEDS = ("put", "share", "inbox", "accept", "read")
KEPT = 0.25
"""Of so many shares none is taken back, so that there is something to look for afterwards."""
FOLDERS = 0.25
GROUP = "lab"
TO_GROUPS = 0.2


def left_out(target: Target) -> list[str]:
    """What one of the two sides can do without the other."""
    wanting = {
        "unshare": "its users cannot take back what they gave",
        "given": "its users cannot list what they gave",
        "folder": "its users have no folders to share",
    }
    return [what for verb, what in wanting.items() if not target.can(verb)]


async def story(turn: Turn) -> None:
    """One share from its beginning to its end."""
    giver, taker = turn.pair()
    await acquainted(turn, giver, taker)
    way = giver.address.host if taker.address.host in turn.world.peers else f"to {taker.address.host}"
    plain = way in only_plain(turn)
    members = () if plain else _group(turn, taker.address.host)
    if members and turn.chance.random() < TO_GROUPS:
        taker = turn.somebody(turn.chance.choice(members))
    else:
        members = ()
    folder = turn.chance.random() < FOLDERS and not plain and giver.can("folder")
    try:
        entry, entry_id = await _given(turn, giver, taker, members, folder=folder)
    except Unsupported:
        # Said by the first folder or group that is tried; this telling is of a file for one person then.
        if not (members or folder):
            raise
        only_plain(turn).add(way)
        members = ()
        entry, entry_id = await _given(turn, giver, taker, members, folder=False)
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
    if turn.chance.random() < KEPT or not giver.can("unshare"):
        return
    turn.ledger.tell(entry, UNSHARING)
    with turn.step("unshare"):
        await giver.unshare(entry.share)
    turn.ledger.tell(entry, UNSHARED)
    with turn.step("gone"):
        await turn.until(lambda: gone(giver, taker, entry), "the share was not gone")


async def _given(
    turn: Turn, giver: Actor, taker: Actor, members: tuple[str, ...], *, folder: bool
) -> tuple[Entry, str]:
    """Written, and shared; what the giver's site calls it. Unsupported if one side has no such shares."""
    entry, share_type = await _written(turn, giver, taker, members, folder=folder)
    to = OcmAddress.parse(entry.taker)
    try:
        with turn.step("create"):
            return entry, await giver.share(f"/{_name(turn, folder)}", to, share_type)
    except Failed as failed:
        if getattr(failed.__cause__, "status", 0) == errors.Unsupported.status:
            raise Unsupported(str(failed)) from failed
        raise


async def _written(
    turn: Turn, giver: Actor, taker: Actor, members: tuple[str, ...], *, folder: bool
) -> tuple[Entry, str]:
    """What is shared, written before it is; and the books opened on it."""
    name = _name(turn, folder)
    files = {f"part-{n}.txt": turn.text(512 + n) for n in range(2)} if folder else {"": turn.text(1024)}
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


def _name(turn: Turn, folder: bool) -> str:
    return f"{turn.story}-{turn.world.label}-{turn.number}{'' if folder else '.txt'}"


def only_plain(turn: Turn) -> set[str]:
    """From whom, and to whom, only files for single people turned out to be shared: no folders, no groups."""
    found: set[str] = turn.world.memory.setdefault("only plain", set())
    return found


async def acquainted(turn: Turn, giver: Actor, taker: Actor) -> None:
    """Where shares are taken from contacts alone, an invite comes first, once for each two people."""
    ours, theirs = (giver, taker) if isinstance(giver, Local) else (taker, giver)
    if theirs.address.host not in turn.world.target.must_invite:
        return
    known: dict[tuple[str, str], bool] = turn.world.memory.setdefault("acquainted", {})
    both = str(ours.address), str(theirs.address)
    if both in known:
        await turn.until(lambda: known[both], "the two did not become contacts")
        return
    known[both] = False
    entry = turn.ledger.open("invite", *both)
    with turn.step("invite"):
        await theirs.accept_invite(await ours.invite())
    turn.ledger.tell(entry, ACKNOWLEDGED)
    with turn.step("contact"):
        await turn.until(lambda: met(ours, theirs), "no contact at our side")
    turn.ledger.tell(entry, ACCEPTED)
    known[both] = True


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
