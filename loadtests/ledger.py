"""The books of a run: every share, invite and file, what is in it, and who was told what and when.

An entry is written before anything is asked of a target, and grows by what was answered. `audit` compares
it afterwards with what is really there.
"""

import os
from collections.abc import Callable, Iterator
from hashlib import sha256
from mmap import mmap
from pathlib import Path
from typing import Any

import msgspec

SENT, ACKNOWLEDGED, ACCEPTED, READ = "sent", "acknowledged", "accepted", "read"
UNSHARING, UNSHARED, FAILED = "unsharing", "unshared", "failed"
"""What an entry is told, in this order, as far as it comes. UNSHARING is asked, UNSHARED answered."""
ROOM = 1 << 18
"""Bytes by which the file of the books grows."""


class Entry(msgspec.Struct, gc=False, omit_defaults=True):
    """One share, invite or file. `giver` and `taker` are OCM Addresses. Nothing in it can be a cycle."""

    id: str
    kind: str
    giver: str
    taker: str
    content: dict[str, str] = {}
    """SHA-256 by path: "" for a file itself, else where it lies in the folder."""
    members: tuple[str, ...] = ()
    """Who else may see it, if the taker is a group."""
    share: str = ""
    """The providerId of a share, the token of an invite, the path of a file."""
    told: dict[str, float] = {}
    """When, in seconds since the Unix epoch, or of virtual time."""

    @property
    def host(self) -> str:
        """The giver's server."""
        return self.giver.rpartition("@")[2]

    @property
    def takers(self) -> tuple[str, ...]:
        """Everybody who may have it."""
        return self.members or (self.taker,)


class Note(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One line of the books: an entry that is new, or what one was told."""

    id: str
    event: str
    when: float
    entry: Entry | None = None
    share: str = ""


def digest(data: bytes) -> str:
    """How content is known."""
    return sha256(data).hexdigest()


class Ledger:
    """The entries of one worker, or of all of them.

    With `path` each line is in a file before the next request leaves, so that what a worker knew outlives it.
    Lines that nobody collected yet are in `pending`.
    """

    def __init__(self, now: Callable[[], float], worker: str = "", path: Path | None = None) -> None:
        self.entries: dict[str, Entry] = {}
        self.pending: list[Note] | None = []
        """None once it is known that nobody collects them."""
        self._now, self._worker = now, worker
        self._file = None if path is None else _File(path)

    def open(self, kind: str, giver: str, taker: str, **rest: Any) -> Entry:
        """A new entry, before anything is asked of anybody."""
        entry = Entry(f"{self._worker}{len(self.entries) + 1}", kind, giver, taker, **rest)
        entry.told[SENT] = self._now()
        self.entries[entry.id] = entry
        if self._heard:
            self._write(Note(entry.id, SENT, entry.told[SENT], entry))
        return entry

    def tell(self, entry: Entry, event: str, share: str = "") -> None:
        """An entry was told something; `share` is what it is called from now on."""
        when = entry.told[event] = self._now()
        if share:
            entry.share = share
        if self._heard:
            self._write(Note(entry.id, event, when, None, share))

    def take(self) -> list[Note]:
        """The lines since the last time."""
        if self.pending is None:
            return []
        notes, self.pending = self.pending, []
        return notes

    def add(self, note: Note) -> None:
        """A line of another worker's books; twice makes no difference."""
        if note.entry is not None and note.id not in self.entries:
            self.entries[note.id] = note.entry
        entry = self.entries.get(note.id)
        if entry is not None:
            entry.told.setdefault(note.event, note.when)
            entry.share = note.share or entry.share

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    @property
    def _heard(self) -> bool:
        return self.pending is not None or self._file is not None

    def _write(self, note: Note) -> None:
        if self.pending is not None:
            self.pending.append(note)
        if self._file is not None:
            self._file.write(_encoder.encode(note) + b"\n")


_encoder = msgspec.json.Encoder()


class _File:
    """Lines in memory that is the file's, so that they outlive the process at no cost of a system call.

    Zeros follow the last of them.
    """

    def __init__(self, path: Path) -> None:
        self._number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        self._place = self._size = 0
        self._map: mmap | None = None

    def write(self, line: bytes) -> None:
        """One line. OSError if there is no room for it, and nobody is killed by a signal for it later."""
        end = self._place + len(line)
        if self._map is None or end > self._size:
            self._grow(end)
        self._map[self._place : end] = line  # type: ignore[index]
        self._place = end

    def close(self) -> None:
        """Let go, and leave no zeros."""
        if self._map is not None:
            self._map.close()
        os.truncate(self._number, self._place)
        os.close(self._number)

    def _grow(self, needed: int) -> None:
        while self._size < needed:
            self._size += os.pwrite(self._number, bytes(ROOM), self._size)
        if self._map is not None:
            self._map.close()
        self._map = mmap(self._number, self._size)


def lines(path: Path) -> Iterator[Note]:
    """What a worker wrote; the last line may be missing its end."""
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n") and not line.startswith(b"\0"):
                yield msgspec.json.decode(line, type=Note)
