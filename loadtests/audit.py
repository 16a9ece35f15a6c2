"""What became of everything that was acknowledged: looked for on both sides and in the bytes, and judged.

`Seen` holds what was found, and `judge` is a function of it and of the books, so that a verdict can be
given again from a stored run.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from loadtests.ledger import ACCEPTED, ACKNOWLEDGED, FAILED, UNSHARED, UNSHARING, Entry

LOST, DOUBLED, ALTERED, LEAKED, UNDEAD = "lost", "doubled", "altered", "leaked", "undead"
WRONGS = (LOST, DOUBLED, ALTERED, LEAKED, UNDEAD)

HELD = frozenset({"pending", "accepted"})
"""States in which a share exists for who was given it."""
OPEN = frozenset({"offered", "pending", "accepted"})
"""States in which it exists for who gave it."""

GONE = "gone"
"""In place of a digest: it is not there, or not for who asked."""

Listed = tuple[str, str]
"""What a share is called, and its state. For who received it: the giver's host, a space, the providerId."""


class Seen(msgspec.Struct):
    """What was found after the run. Whoever is not in a list was not asked."""

    given: dict[str, list[Listed]] = {}
    received: dict[str, list[Listed]] = {}
    contacts: dict[str, list[str]] = {}
    content: dict[str, dict[str, str]] = {}
    """By entry and path: the digest of what its taker reads now, or GONE."""
    strangers: dict[str, list[str]] = {}
    """By entry: who could read it, and was not given it."""
    unasked: dict[str, str] = {}
    """By entry: why it could not be looked for."""

    def add(self, other: "Seen") -> None:
        """What another worker found."""
        for name in ("given", "received", "contacts"):
            mine = getattr(self, name)
            for who, found in getattr(other, name).items():
                mine.setdefault(who, found)
        self.content.update(other.content)
        self.strangers.update(other.strangers)
        self.unasked.update(other.unasked)


class Finding(msgspec.Struct, frozen=True):
    """One thing that is not as it was acknowledged."""

    wrong: str
    entry: str
    sentence: str


class Verdict(msgspec.Struct, frozen=True):
    """The findings, and of how many entries."""

    entries: int
    acknowledged: int
    unasked: int
    """Acknowledged, and could not be looked for completely."""
    findings: tuple[Finding, ...]

    def counts(self) -> dict[str, int]:
        """How often each thing went wrong."""
        found = Counter(finding.wrong for finding in self.findings)
        return {wrong: found[wrong] for wrong in WRONGS}


def judge(entries: Mapping[str, Entry], seen: Seen) -> Verdict:
    """What was lost, doubled, altered, leaked, or is undead."""
    findings: list[Finding] = []
    known = {f"{entry.host} {entry.share}": entry for entry in entries.values() if entry.kind == "share"}
    for entry in entries.values():
        judging = {"share": _share, "invite": _invite, "file": _file}[entry.kind]
        findings += [Finding(wrong, entry.id, told) for wrong, told in judging(entry, seen)]
    findings += _elsewhere(known, seen)
    findings += _unmet(entries.values(), seen)
    acknowledged = sum(ACKNOWLEDGED in entry.told for entry in entries.values())
    return Verdict(len(entries), acknowledged, len(seen.unasked), tuple(findings))


def _share(entry: Entry, seen: Seen) -> Iterable[tuple[str, str]]:
    acknowledged, ended = ACKNOWLEDGED in entry.told, UNSHARED in entry.told
    wanted = acknowledged and UNSHARING not in entry.told
    if not entry.share:
        return
    what = f"share {entry.share} of {entry.giver} to {entry.taker}"
    key = f"{entry.host} {entry.share}"
    listed = seen.given.get(entry.giver)
    if listed is not None:
        states = [state for name, state in listed if name == entry.share]
        if wanted and not any(state in OPEN for state in states):
            yield LOST, f"{what}: its sender has it no more ({', '.join(states) or 'not listed'})"
        if len(states) > 1:
            yield DOUBLED, f"{what}: its sender has it {len(states)} times"
    for taker in entry.takers:
        listed = seen.received.get(taker)
        if listed is None:
            continue
        held = [state for name, state in listed if name == key and state in HELD]
        if len([name for name, _ in listed if name == key]) > 1:
            yield DOUBLED, f"{what}: {taker} has it more than once"
        if wanted and not held:
            yield LOST, f"{what}: {taker} does not have it"
        elif wanted and ACCEPTED in entry.told and "accepted" not in held and taker == entry.taker:
            yield LOST, f"{what}: {taker} accepted it, and it is {held[0]}"
        if ended and held:
            yield UNDEAD, f"{what}: {taker} still has it"
    yield from _content(entry, seen, what, wanted and ACCEPTED in entry.told, ended)


def _content(entry: Entry, seen: Seen, what: str, wanted: bool, ended: bool) -> Iterable[tuple[str, str]]:
    found = seen.content.get(entry.id)
    for path, right in entry.content.items() if found is not None else ():
        there = (found or {}).get(path, GONE)
        where = f"{what}{f', {path}' if path else ''}"
        if ended and there != GONE:
            yield UNDEAD, f"{where}: it can still be read"
        elif wanted and there == GONE:
            yield LOST, f"{where}: it cannot be read"
        elif wanted and there != right:
            yield ALTERED, f"{where}: {there[:12]} is read, {right[:12]} was written"
    for stranger in seen.strangers.get(entry.id, ()):
        yield LEAKED, f"{what}: {stranger} can read it"


def _invite(entry: Entry, seen: Seen) -> Iterable[tuple[str, str]]:
    if ACKNOWLEDGED not in entry.told:
        return
    for one, other in ((entry.giver, entry.taker), (entry.taker, entry.giver)):
        listed = seen.contacts.get(one)
        if listed is None:
            continue
        times = listed.count(other)
        if not times:
            yield LOST, f"invite of {entry.giver}, taken by {entry.taker}: {one} has no contact {other}"
        elif times > 1:
            yield DOUBLED, f"invite of {entry.giver}, taken by {entry.taker}: {one} has {other} {times} times"


def _file(entry: Entry, seen: Seen) -> Iterable[tuple[str, str]]:
    wanted = ACKNOWLEDGED in entry.told and UNSHARING not in entry.told and FAILED not in entry.told
    yield from _content(entry, seen, f"file {entry.share} of {entry.giver}", wanted, UNSHARED in entry.told)


def _elsewhere(known: Mapping[str, Entry], seen: Seen) -> Iterable[Finding]:
    """Shares in the hands of somebody whom nobody gave them."""
    for who, listed in sorted(seen.received.items()):
        for key, state in listed:
            entry = known.get(key)
            if entry is not None and who not in entry.takers and state in HELD:
                yield Finding(LEAKED, entry.id, f"share {entry.share} to {entry.taker}: {who} has it")


def _unmet(entries: Iterable[Entry], seen: Seen) -> Iterable[Finding]:
    """Contacts between people of the run whom no invite brought together."""
    invites = [entry for entry in entries if entry.kind == "invite"]
    met = {pair for e in invites for pair in ((e.giver, e.taker), (e.taker, e.giver))}
    people = {who for entry in invites for who in (entry.giver, entry.taker)}
    for who, listed in sorted(seen.contacts.items()):
        for other in listed:
            if who in people and other in people and (who, other) not in met:
                yield Finding(LEAKED, "", f"{who} has a contact {other} that no invite made")
