"""What a run ended in: records and files of every site, with all that chance and time made masked.

Two runs of one story ended alike if their outcomes are equal, whichever world they were told in.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from meshsim.composition import Composition
from meshsim.stores import Put

MOMENT = 1_000_000_000
"""Numbers beyond it are times, in seconds since the Unix epoch."""

_OPAQUE = re.compile(r"[A-Za-z0-9_-]{16,}")
"""Tokens, secrets and identifiers, which are longer than any name in a scenario."""

_DIGESTS = frozenset({"offer"})
"""Fields that are made of such."""


def outcome(mesh: Composition) -> dict[str, list[str]]:
    """For each site: its rows, table by table, and its files, each as a line; in no order of time."""
    rows: dict[tuple[str, str, str], Any] = {}
    for entry in mesh.journal.entries:
        for change in entry.changes:
            if isinstance(change, Put):
                rows[entry.host, change.table, change.key] = change.row
            else:
                rows.pop((entry.host, change.table, change.key), None)
    found: dict[str, list[str]] = {host: [] for host in mesh.plans}
    for (host, table, key), row in rows.items():
        shown = json.dumps(masked(msgspec.to_builtins(row)), sort_keys=True)
        found[host].append(f"{table} {masked(key)} {shown}")
    for host in mesh.plans:
        found[host] += _files(mesh, host)
    return {host: sorted(lines) for host, lines in found.items()}


def masked(value: Any) -> Any:
    """A value without what differs from run to run."""
    match value:
        case bool():
            return value
        case int() | float() if value > MOMENT:
            return "<time>"
        case float():
            return "<span>"
        case str():
            return _OPAQUE.sub("<opaque>", value)
        case dict():
            return {
                masked(name): "<opaque>" if name in _DIGESTS else masked(item) for name, item in value.items()
            }
        case list():
            return [masked(item) for item in value]
    return value


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
