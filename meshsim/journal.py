"""What every site wrote down, and when: the second half of a run's facts, beside its transcript."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from meshsim.network.kernel import Crashed, Owner
from meshsim.stores import Drop, Put, Store


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One commit. `time` is true time in seconds since the Unix epoch."""

    time: float
    host: str
    changes: tuple[Put | Drop, ...]


class Breakpoint(msgspec.Struct):
    """The host crashes at the commit that `count` runs out at, before it or right after it."""

    count: int
    after: bool


class Journal:
    """All commits of a run, in order; a crash can be planned at any of them."""

    def __init__(self, now: Callable[[], float], most: int | None = None) -> None:
        """`most`: how many commits are remembered, if not all."""
        self.now = now
        self.entries: list[Entry] | deque[Entry] = [] if most is None else deque(maxlen=most)
        self.crashes: dict[str, Breakpoint] = {}

    def watch(self, life: Owner, store: Store) -> Store:
        """The store as one incarnation of a host has it: commits are noted, and end with that life."""
        return Watched(self, life, store)

    def rows(self, table: str, host: str | None = None) -> Iterator[tuple[float, str, Any]]:
        """Every row that was written into a table: when, by which host, and the row."""
        for entry in self.entries:
            if host in (None, entry.host):
                for change in entry.changes:
                    if isinstance(change, Put) and change.table == table:
                        yield entry.time, entry.host, change.row


class Watched:
    """A store that keeps a journal of what is committed to it."""

    __slots__ = ("_host", "_journal", "_life", "_store", "getter", "rows")

    def __init__(self, journal: Journal, life: Owner, store: Store) -> None:
        self._journal = journal
        self._life = life
        self._host = life.name
        self._store = store
        self.getter = store.getter
        self.rows = store.rows

    def commit(self, changes: Sequence[Put | Drop]) -> None:
        """Commit and note it; Crashed where a crash was planned."""
        if not self._life.alive:
            # What a crash tears down may still run its last lines; they change nothing any more.
            raise Crashed(self._host)
        journal = self._journal
        due = self._due() if journal.crashes else None
        if due is not None and not due.after:
            raise Crashed(self._host)
        self._store.commit(changes)
        journal.entries.append(Entry(journal.now(), self._host, tuple(changes)))
        if due is not None:
            raise Crashed(self._host)

    def _due(self) -> Breakpoint | None:
        """The crash that was planned for this commit, if one was."""
        planned = self._journal.crashes.get(self._host)
        if planned is None:
            return None
        planned.count -= 1
        if planned.count >= 0:
            return None
        return self._journal.crashes.pop(self._host)
