"""PROPFIND, GET, range, PUT, MKCOL, MOVE, LOCK: in one's own files, in a received share, by a sync client.

Most files that people sync are small, and most bytes are in the large ones: so the sizes.
"""

from lxml import etree  # type: ignore[import-untyped]

from loadtests import actors
from loadtests.actors import Remote
from loadtests.ledger import ACKNOWLEDGED, UNSHARED, UNSHARING, digest
from loadtests.stories._standing import Standing, give, standing
from loadtests.target import Target
from loadtests.turn import Turn, World
from meshsim.site.records import share_key
from meshsim.wire import Response, read

WEIGHT = 3.0
NEEDS = ("put", "folder", "home")
SIZES = {1 << 10: 30, 16 << 10: 30, 128 << 10: 25, 1 << 20: 12, 4 << 20: 3}
"""Bytes, and how many of a hundred files have them."""
KEPT = 20
"""Files in a folder that a sync client keeps."""
LOCK = (
    b'<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>'
    b"<D:locktype><D:write/></D:locktype></D:lockinfo>"
)
PROPS = b'<?xml version="1.0"?><D:propfind xmlns:D="DAV:"><D:prop><D:getetag/></D:prop></D:propfind>'


def left_out(target: Target) -> list[str]:
    """Nobody works in what was not given."""
    return (
        [] if target.can("share") else ["nobody at the target can share: no received share, no sync client"]
    )


async def prepare(world: World) -> None:
    """Each peer is given a folder to work in."""
    if world.target.can("share"):
        await give(world, "webdav")


async def story(turn: Turn) -> None:
    """One of three journeys."""
    if not standing(turn.world):
        await direct(turn)
        return
    journey = turn.chance.choices((direct, shared, sync), (4, 3, 3))[0]
    if journey is direct:
        await direct(turn)
    else:
        there = standing(turn.world)[turn.peer]
        await (shared if journey is shared else sync)(turn, there)


def size(turn: Turn) -> int:
    """Of the next file."""
    return turn.chance.choices(list(SIZES), list(SIZES.values()))[0]


async def direct(turn: Turn) -> None:
    """Somebody at the target, with a folder of their own."""
    who = turn.remote()
    folder, data = f"/{turn.story}-{turn.world.label}-{turn.number}", turn.bytes(size(turn))
    entry = turn.ledger.open(
        "file", str(who.address), str(who.address), content={"": digest(data)}, share=f"{folder}/moved.bin"
    )
    with turn.step("MKCOL"):
        _right(turn, "MKCOL", await who.file("MKCOL", folder), 201)
    with turn.step("PUT"):
        _right(turn, "PUT", await who.file("PUT", f"{folder}/new.bin", data), 201)
    with turn.step("PROPFIND"):
        found = await who.file("PROPFIND", folder, PROPS, depth="1")
        _right(turn, "PROPFIND", found, 207)
        turn.expect("PROPFIND", 2 == len(await etags(found)), "the file is not listed")
    with turn.step("GET"):
        turn.expect("GET", data == await who.get(f"{folder}/new.bin"), "other bytes than were written")
    with turn.step("range"):
        part = await who.file("GET", f"{folder}/new.bin", range="bytes=10-29")
        _right(turn, "range", part, 206)
        turn.expect("range", data[10:30] == await read(part.body), "other bytes than were asked for")
    await _locked(turn, who, f"{folder}/new.bin", data)
    with turn.step("MOVE"):
        there = f"{who.home}{folder}/moved.bin"
        _right(turn, "MOVE", await who.file("MOVE", f"{folder}/new.bin", destination=there), 201)
    turn.ledger.tell(entry, ACKNOWLEDGED)
    if turn.chance.random() < 0.5:
        turn.ledger.tell(entry, UNSHARING)
        with turn.step("DELETE"):
            _right(turn, "DELETE", await who.file("DELETE", f"{folder}/moved.bin"), 204)
        turn.ledger.tell(entry, UNSHARED)


async def _locked(turn: Turn, who: Remote, path: str, data: bytes) -> None:
    """While it is locked, only who has the token may write."""
    with turn.step("LOCK"):
        lock = await who.file("LOCK", path, LOCK, timeout="Second-60")
        _right(turn, "LOCK", lock, 200, 201)
        token = lock.headers.get("lock-token", "")
    with turn.step("PUT locked"):
        _right(turn, "PUT without the lock's token", await who.file("PUT", path, b"not mine"), 423)
        answer = await who.file("PUT", path, data, **{"if": f"({token})"})
        _right(turn, "PUT with the lock's token", answer, 200, 201, 204)
    with turn.step("UNLOCK"):
        _right(turn, "UNLOCK", await who.file("UNLOCK", path, lock_token=token), 204)


async def shared(turn: Turn, there: Standing) -> None:
    """Somebody at a peer, inside what they were given."""
    name, data = f"share-{turn.world.label}-{turn.number}.bin", turn.bytes(size(turn))
    with turn.step("PUT shared"):
        answer = await there.peer.open(there.host, there.share, "PUT", name, body=data)
        _right(turn, "PUT shared", answer, 201)
    with turn.step("PROPFIND shared"):
        answer = await there.peer.open(
            there.host, there.share, "PROPFIND", name, headers={"depth": "0"}, body=PROPS
        )
        _right(turn, "PROPFIND shared", answer, 207)
    with turn.step("GET shared"):
        found = await actors.content(there.peer, there.host, there.share, name)
        turn.expect("GET shared", found == data, "other bytes than were written")
    with turn.step("range shared"):
        answer = await there.peer.open(there.host, there.share, "GET", name, headers={"range": "bytes=0-9"})
        _right(turn, "range shared", answer, 206)
        turn.expect("range shared", data[:10] == await read(answer.body), "other bytes than were asked for")
    folder = name.removesuffix(".bin")
    with turn.step("MKCOL shared"):
        _right(turn, "MKCOL shared", await there.peer.open(there.host, there.share, "MKCOL", folder), 201)
    with turn.step("MOVE shared"):
        root = await there.peer.site.opening.url(there.peer.address.user, share_key(there.host, there.share))
        target = {"destination": f"{root.rstrip('/')}/{folder}/{name}"}
        answer = await there.peer.open(there.host, there.share, "MOVE", name, headers=target)
        _right(turn, "MOVE shared", answer, 201)
    await _locked_shared(turn, there, f"{folder}/{name}", data)
    with turn.step("DELETE shared"):
        _right(turn, "DELETE shared", await there.peer.open(there.host, there.share, "DELETE", folder), 204)


async def _locked_shared(turn: Turn, there: Standing, path: str, data: bytes) -> None:
    async def asked(method: str, body: bytes = b"", **headers: str) -> Response:
        return await there.peer.open(there.host, there.share, method, path, headers=headers, body=body)

    with turn.step("LOCK shared"):
        lock = await asked("LOCK", LOCK, timeout="Second-60")
        _right(turn, "LOCK shared", lock, 200, 201)
        token = lock.headers.get("lock-token", "")
    with turn.step("PUT locked shared"):
        _right(turn, "PUT shared without the lock's token", await asked("PUT", b"not mine"), 423)
        answer = await asked("PUT", data, **{"if": f"({token})"})
        _right(turn, "PUT shared with the lock's token", answer, 200, 201, 204)
    with turn.step("UNLOCK shared"):
        _right(turn, "UNLOCK shared", await asked("UNLOCK", **{"lock-token": token}), 204)


async def sync(turn: Turn, there: Standing) -> None:
    """A client that looks what is new, fetches it, and brings what is new here."""
    with turn.step("poll"):
        asked = {"depth": "1"}
        found = await there.peer.open(there.host, there.share, "PROPFIND", headers=asked, body=PROPS)
        _right(turn, "poll", found, 207)
        listed = await etags(found)
    files = {name: etag for name, etag in listed.items() if name.endswith((".bin", ".txt"))}
    news = [name for name, etag in files.items() if there.etags.get(name) != etag]
    there.etags = {name: etag for name, etag in listed.items() if name in there.etags}
    for name in news[:5]:
        with turn.step("download"):
            answer = await there.peer.open(there.host, there.share, "GET", name)
            if answer.status == 404:
                continue  # somebody removed it meanwhile
            _right(turn, "download", answer, 200)
            await read(answer.body, actors.LONGEST)
        there.etags[name] = listed[name]
    name = f"sync-{turn.world.label}-{turn.number}.bin"
    with turn.step("upload"):
        answer = await there.peer.open(there.host, there.share, "PUT", name, body=turn.bytes(size(turn)))
        _right(turn, "upload", answer, 201)
    old = sorted(name for name in listed if name.startswith("sync-"))
    if len(old) > KEPT:
        with turn.step("remove"):
            answer = await there.peer.open(there.host, there.share, "DELETE", turn.chance.choice(old))
            _right(turn, "remove", answer, 204, 404)


async def etags(answer: Response) -> dict[str, str]:
    """By name, what a listing says; "" is the folder itself."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    root = etree.fromstring(await read(answer.body, actors.LONGEST), parser)
    found: dict[str, str] = {}
    for number, response in enumerate(root.iter("{DAV:}response")):
        href = response.findtext("{DAV:}href") or ""
        name = "" if number == 0 else href.rstrip("/").rpartition("/")[2]
        found[name] = response.findtext(".//{DAV:}getetag") or ""
    return found


def _right(turn: Turn, step: str, answer: Response, *right: int) -> None:
    wanted = " or ".join(map(str, right))
    turn.expect(step, answer.status in right, f"answered {answer.status}, not {wanted}")
