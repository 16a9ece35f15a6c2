"""Looking after a run: what both sides have, what can be read, and by whom."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from loadtests import actors
from loadtests.actors import Actor, Local
from loadtests.audit import GONE, Seen
from loadtests.ledger import ACCEPTED, ACKNOWLEDGED, FAILED, UNSHARING, Entry, digest
from loadtests.target import Target
from meshsim.composition import Composition, SiteDown
from meshsim.ocm.errors import OcmError, PeerError
from meshsim.site.opening import authorization
from meshsim.site.records import share_key
from meshsim.wire import NetworkError, Request

All = Callable[[Sequence[Awaitable[None]]], Awaitable[None]]
"""Does several things, at once where that is possible."""


async def at_target(target: Target, entries: Iterable[Entry], together: All) -> Seen:
    """What the people of the target have."""
    seen = Seen()
    kinds: dict[str, set[str]] = {}
    for entry in entries:
        for who in (entry.giver, *entry.takers):
            if who in target.by_address:
                kinds.setdefault(who, set()).add(entry.kind)
    if any("share" in kinds_of for kinds_of in kinds.values()):
        # Who was given nothing may have something all the same.
        for who in target.by_address:
            kinds.setdefault(who, set()).add("share")
    await together([_lists(target.by_address[who], kinds[who], seen) for who in sorted(kinds)])
    return seen


async def at_peers(
    farm: Composition, peers: Sequence[str], target: Target, entries: Sequence[Entry], together: All
) -> Seen:
    """What the people of our peers have, and what can be read of the shares and files of these entries."""
    seen = Seen()
    kinds: dict[str, set[str]] = {}
    for entry in entries:
        for who in (entry.giver, *entry.takers):
            if who.rpartition("@")[2] in peers:
                kinds.setdefault(who, set()).add(entry.kind)
    await together([_lists(Local(farm.person(who)), kinds[who], seen) for who in sorted(kinds)])
    looked = [entry for entry in entries if ACKNOWLEDGED in entry.told and FAILED not in entry.told]
    await together([_content(farm, peers, target, entry, seen) for entry in looked if entry.kind != "invite"])
    return seen


async def _lists(actor: Actor, kinds: set[str], seen: Seen) -> None:
    who, missing = str(actor.address), []
    wanted = {"given": "share", "inbox": "share", "contacts": "invite"}
    try:
        for verb, kind in wanted.items():
            if kind not in kinds:
                continue
            if not actor.can(verb):
                missing.append(verb)
            elif verb == "given":
                seen.given[who] = await actor.given()
            elif verb == "inbox":
                seen.received[who] = await actor.received()
            else:
                seen.contacts[who] = await actor.contacts()
        if missing:
            seen.unasked[who] = f"nobody can ask for their {' and '.join(missing)}"
    except (OcmError, NetworkError) as error:
        seen.unasked[who] = str(error)


def actor(farm: Composition, peers: Sequence[str], target: Target, who: str) -> Actor | None:
    """Somebody of the run by OCM Address; None if it is nobody of ours."""
    found = target.by_address.get(who)
    if found is not None:
        return found
    return Local(farm.person(who)) if who.rpartition("@")[2] in peers else None


async def _content(farm: Composition, peers: Sequence[str], target: Target, entry: Entry, seen: Seen) -> None:
    taker = actor(farm, peers, target, entry.takers[0] if entry.members else entry.taker)
    giver = actor(farm, peers, target, entry.giver)
    if not (taker is None or taker.can("get" if entry.kind == "file" else "read")):
        seen.unasked[entry.id] = "nobody makes its taker read"
        return
    if taker is None or giver is None or (entry.kind == "share" and ACCEPTED not in entry.told):
        return
    try:
        found = {path: await _read(taker, entry, path) for path in entry.content}
        stranger = await _stranger(target, taker, entry)
    except (OcmError, NetworkError, SiteDown) as error:
        seen.unasked[entry.id] = str(error)[:200]
        return
    seen.content[entry.id] = found
    if stranger:
        seen.strangers[entry.id] = [stranger]


async def _read(taker: Actor, entry: Entry, path: str) -> str:
    try:
        if entry.kind == "file":
            return digest(await taker.get(f"{entry.share}/{path}".rstrip("/")))
        return digest(await actors.content(taker, entry.host, entry.share, path))
    except PeerError as error:
        # Not refused: it could not be asked. A site that fails is no proof that something is gone.
        if getattr(error, "answered", None) is None:
            raise
        return GONE
    except OcmError:
        return GONE


async def _stranger(target: Target, taker: Actor, entry: Entry) -> str:
    """Who can read what they were not given: another at the target, or the credential of another share."""
    if entry.kind != "share" or UNSHARING in entry.told:
        return ""
    path = next(iter(entry.content))
    if not isinstance(taker, Local):
        if not taker.can("contacts", "inbox", "request"):
            return ""  # who cannot list what they have was not given a name for it either
        others = (one for one in target.people if one.address.host == taker.address.host)
        other = next((one for one in others if str(one.address) not in entry.takers), None)
        if other is None:
            return ""
        try:
            answer = await other.open(entry.host, entry.share, "GET", path)
        except OcmError:
            return ""
        return str(other.address) if answer.status < 300 else ""
    return await _with_another(taker, entry, path)


async def _with_another(taker: Local, entry: Entry, path: str) -> str:
    key, opening = share_key(entry.host, entry.share), taker.site.opening
    held: dict[str, Any] = opening.tokens
    other = next((name for name in held if name != key and name.startswith(f"{entry.host} ")), None)
    if other is None:
        return ""
    url = await opening.url(taker.address.user, key)
    asked = {"authorization": authorization("bearer", held[other].text)}
    where = f"{url.rstrip('/')}/{path}" if path else url
    answer = await taker.site.ports.network.send(Request("GET", where, asked))
    return f"whoever has the token of share {other.partition(' ')[2]}" if answer.status < 300 else ""
