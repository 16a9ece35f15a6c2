"""What a run ended in: records and files of every site, with what chance and time made masked.

Two runs of one story ended alike if their outcomes are equal, whichever world they were told in. Masked are
the values of fields that are known to be made by chance or time, and these very values wherever else they
stand; nothing is masked for how it looks.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from meshsim.composition import Composition
from meshsim.site.records import APP_PASSWORDS, SHARED_KEYS
from meshsim.site.tidying import ENDED
from meshsim.stores import Put

CHANCE = frozenset({"provider_id", "secret", "token"})
"""Fields whose values are drawn: identifiers of shares, what opens them, and invites."""

DERIVED = frozenset({"offer"})
"""Fields that are digests of such."""

TIMES = frozenset({"created", "received", "since", "due", "until", "expires", "expiration", "doubt"})
"""Fields that are moments, in seconds since the Unix epoch; nothing (None, 0) stays nothing."""

DIGESTS = frozenset({APP_PASSWORDS, SHARED_KEYS})
"""Tables whose keys hold digests of secrets."""

_WORD = re.compile(r"[A-Za-z0-9_-]{8,}")
"""As long as whatever is drawn at least is."""

_DIGEST = re.compile(r"[0-9a-f]{16,64}")


class Mask:
    """Knows all that chance made in a run, from the rows that were ever written."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._names: dict[str, str] = {}
        for row in rows:
            if isinstance(row, dict):
                for name in CHANCE & row.keys():
                    if isinstance(row[name], str) and len(row[name]) >= 8:
                        self._names[row[name]] = f"<{name}>"

    def text(self, text: str) -> str:
        """With the names of what chance made instead of it."""
        if text in self._names:
            return self._names[text]
        return _WORD.sub(lambda word: self._names.get(word[0], word[0]), text)

    def row(self, table: str, key: str, row: Any) -> str:
        """One line for a row, as `table key content`."""
        if table in DIGESTS:
            key = _DIGEST.sub("<digest>", key)
            row = {**row, "key": key} if "key" in row else row
        if table == ENDED:  # text that begins with a moment
            row = row.partition(" ")[2]
        return f"{table} {self.text(key)} {json.dumps(self._value('', row), sort_keys=True)}"

    def _value(self, name: str, value: Any) -> Any:
        if name in TIMES and isinstance(value, int | float) and value:
            return "<time>"
        if name in DERIVED or (name in CHANCE and value):
            return f"<{name}>"
        match value:
            case str():
                return self.text(value)
            case dict():
                return {member: self._value(member, item) for member, item in value.items()}
            case list():
                return [self._value("", item) for item in value]
        return value


def outcome(mesh: Composition) -> dict[str, list[str]]:
    """For each site: its rows, table by table, and its files, each as a line; in no order of time."""
    rows: dict[tuple[str, str, str], Any] = {}
    written = []
    for entry in mesh.journal.entries:
        for change in entry.changes:
            if isinstance(change, Put):
                row = rows[entry.host, change.table, change.key] = msgspec.to_builtins(change.row)
                written.append(row)
            else:
                rows.pop((entry.host, change.table, change.key), None)
    mask = Mask(written)
    found: dict[str, list[str]] = {host: [] for host in mesh.plans}
    for (host, table, key), row in rows.items():
        found[host].append(mask.row(table, key, row))
    for host in mesh.plans:
        found[host] += _files(mesh, host)
    return {host: sorted(lines) for host, lines in found.items()}


def differences(one: dict[str, list[str]], other: dict[str, list[str]]) -> list[str]:
    """The lines that only one of two outcomes has, marked - and +."""
    told = []
    for host in sorted(one.keys() | other.keys()):
        left, right = one.get(host, []), other.get(host, [])
        for mark, lines, rest in (("-", left, list(right)), ("+", right, list(left))):
            for line in lines:
                if line in rest:
                    rest.remove(line)
                else:
                    told.append(f"{mark} {host}: {line}")
    return told


def _files(mesh: Composition, host: str) -> Iterator[str]:
    storage = mesh.storage(host)
    for user in mesh.people(host):
        yield from _tree(storage, f"/{user}")


def _tree(storage: Any, folder: str) -> Iterator[str]:
    entry = storage.stat(folder)
    if entry is None:
        return
    for member in storage.list(folder):
        if member.folder:
            yield f"folder {member.path}"
            yield from _tree(storage, member.path)
        else:
            body = storage.read(member.path)
            content = body if isinstance(body, bytes) else body.read()
            yield f"file {member.path} {content!r}"
