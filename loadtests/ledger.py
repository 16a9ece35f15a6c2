"""The books of a run: every share, invite and file, what is in it, and who was told what and when.

An entry is written before anything is asked of a target, and grows by what was answered. `audit` compares
it afterwards with what is really there.
"""

import os
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

SENT, ACKNOWLEDGED, ACCEPTED, READ = "sent", "acknowledged", "accepted", "read"
UNSHARING, UNSHARED, FAILED = "unsharing", "unshared", "failed"
"""What an entry is told, in this order, as far as it comes. UNSHARING is asked, UNSHARED answered."""


class Entry(msgspec.Struct):
    """One share, invite or file. `giver` and `taker` are OCM Addresses."""

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


class Note(msgspec.Struct, frozen=True):
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

    With `path` each line is on its way to the disk before the next request leaves, so that what a worker
    knew outlives it. Lines that nobody collected yet are in `pending`.
    """

    def __init__(self, now: Callable[[], float], worker: str = "", path: Path | None = None) -> None:
        self.entries: dict[str, Entry] = {}
        self.pending: list[Note] = []
        self._now, self._worker = now, worker
        self._file = -1 if path is None else os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def open(self, kind: str, giver: str, taker: str, **rest: Any) -> Entry:
        """A new entry, before anything is asked of anybody."""
        entry = Entry(f"{self._worker}{len(self.entries) + 1}", kind, giver, taker, **rest)
        entry.told[SENT] = self._now()
        self.entries[entry.id] = entry
        self._write(Note(entry.id, SENT, entry.told[SENT], entry))
        return entry

    def tell(self, entry: Entry, event: str, share: str = "") -> None:
        """An entry was told something; `share` is what it is called from now on."""
        when = entry.told[event] = self._now()
        if share:
            entry.share = share
        self._write(Note(entry.id, event, when, None, share))

    def take(self) -> list[Note]:
        """The lines since the last time."""
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
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _write(self, note: Note) -> None:
        self.pending.append(note)
        if self._file >= 0:
            os.write(self._file, _encoder.encode(note) + b"\n")


_encoder = msgspec.json.Encoder()


def lines(path: Path) -> Iterator[Note]:
    """What a worker wrote; the last line may be missing its end."""
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield msgspec.json.decode(line, type=Note)
