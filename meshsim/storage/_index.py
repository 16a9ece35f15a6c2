"""What a file system does not keep of a site's files: versions, file ids, the site's times, properties.

A commit for every small change would take longer than the change. So they are in memory and in a log first,
and go into the file many at a time.
"""

import json
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from meshsim.database import DataError, connect, failures, statements, transaction
from meshsim.storage import NO_PROPERTIES
from meshsim.storage._log import Log

KIND = 0x6D736869
"""application_id of these files: "mshi"."""

STEPS = (
    statements(
        # The first files had no version, so what is in this one may be there.
        "CREATE TABLE IF NOT EXISTS counter (value INTEGER NOT NULL)",
        "CREATE TABLE IF NOT EXISTS homes (name TEXT PRIMARY KEY) WITHOUT ROWID",
        """CREATE TABLE IF NOT EXISTS entries (
            path TEXT PRIMARY KEY, number INTEGER, version INTEGER, created REAL, modified REAL, seen TEXT,
            properties TEXT
        ) WITHOUT ROWID""",
        "INSERT INTO counter SELECT 0 WHERE NOT EXISTS (SELECT * FROM counter)",
    ),
)
"""Versions of the schema. A step that was released is never changed; a new one is put behind it."""

_ROW = "SELECT number, version, created, modified, seen, properties FROM entries WHERE path = ?"
_PUT = "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)"
# "0" follows "/", so these two mean a path and all that is in it.
_FORGET = "DELETE FROM entries WHERE path = :path OR path > :path || '/' AND path < :path || '0'"
_MOVE = """
UPDATE entries SET path = :target || substr(path, length(:source) + 1)
WHERE path = :source OR path > :source || '/' AND path < :source || '0'
"""


class Row(NamedTuple):
    """What is known of one file or folder; `seen` is how it looked on disk then.

    "" is for whatever it looks like now: it was changed by us, and nobody was told of it since.
    """

    number: int
    version: int
    created: float
    modified: float
    seen: str
    properties: Mapping[str, str]


KEPT = 50_000
"""Rows that are kept in memory, of about 300 bytes each: to ask SQLite for one takes 10 microseconds."""
UNKNOWN = 1000
"""Paths of which it is kept that there is no row."""
WAITING = 500
"""Changes that wait to be written into the file."""


class Index:
    """Rows by storage path in a SQLite file, and what is newer in memory.

    One counter numbers files and versions. For one process and one caller at a time: what was read is kept.
    """

    def __init__(self, file: Path, log: Path, synchronous: str) -> None:
        self._file = file
        self._database = connect(file, KIND, STEPS, synchronous=synchronous)
        self._let_go = weakref.finalize(self, self._database.close)
        self.log = Log(log)
        self._rows: dict[str, Row] = {}
        self._inside: dict[str, int] = {}
        """How many rows in memory are inside a path, at any depth."""
        self._unknown: set[str] = set()
        """Paths of which the file knows nothing."""
        self._waiting: dict[str, None] = {}
        self._forgotten: dict[str, None] = {}
        self._number = self.last()

    def close(self) -> None:
        """Write what waits, and let go of the file; what has no room there stays in the log."""
        if self._let_go.alive:
            with suppress(DataError):
                self.write()
            self._let_go()

    def next(self) -> int:
        """A number never given before."""
        self._number += 1
        return self._number

    def last(self) -> int:
        """The number given last that the file knows of."""
        (value,) = self._database.execute("SELECT value FROM counter").fetchone()
        return int(value)

    def skip(self, number: int) -> None:
        """That number was given."""
        self._number = max(self._number, number)

    def write(self) -> None:
        """Write all that waits into the file."""
        if self._waiting or self._forgotten:
            with failures(self._file), transaction(self._database):
                self._spill()
            self._waiting.clear()
            self._forgotten.clear()
        self.log.clear()

    @contextmanager
    def change(self) -> Iterator[int]:
        """Gives a new version; what is done within the block is kept when it ends well, or not at all."""
        self.write()
        try:
            with failures(self._file), transaction(self._database):
                yield self.next()
                self._spill()
        except BaseException:
            self._drop()
            raise
        finally:
            self._waiting.clear()
            self._forgotten.clear()

    def row(self, path: str) -> Row | None:
        """What is known of a path."""
        row = self._rows.get(path)
        if row is None and path not in self._unknown and not self._is_forgotten(path):
            found = self._database.execute(_ROW, (path,)).fetchone()
            if found is None:
                if len(self._unknown) >= UNKNOWN:
                    self._unknown.clear()
                self._unknown.add(path)
            else:
                number, version, created, modified, seen, text = found
                properties = NO_PROPERTIES if text == "{}" else json.loads(text)
                row = Row(number, version, created, modified, seen, properties)
                self._keep(path, row)
        return row

    def kept(self, path: str) -> Row | None:
        """The same, if it is in memory; any text may be asked for."""
        return self._rows.get(path)

    def put(self, path: str, row: Row) -> None:
        """Take down what is at a path now."""
        self._keep(path, row)
        self._waiting[path] = None
        if len(self._waiting) > KEPT and self._database.in_transaction:
            self._spill()
            self._drop()

    def insert(self, rows: Iterable[tuple[str, Row]]) -> None:
        """Take many down that are not asked for at once; within a change."""
        self._spill()
        self._waiting.clear()
        self._forgotten.clear()
        self._unknown.clear()
        self._database.executemany(_PUT, (_values(path, row) for path, row in rows))

    def forget(self, path: str) -> None:
        """Drop the rows of a path and of all that is in it."""
        gone = [path]
        if path in self._inside:
            prefix = path + "/"
            gone += [place for place in self._rows if place.startswith(prefix)]
        for place in gone:
            if self._rows.pop(place, None) is not None:
                self._waiting.pop(place, None)
                for above in _above(place):
                    self._inside[above] -= 1
                    if not self._inside[above]:
                        del self._inside[above]
        self._forgotten[path] = None

    def move(self, source: str, target: str) -> None:
        """Rename the rows of a path and of all that is in it, those at the target go; within a change."""
        self._spill()
        self._database.execute(_FORGET, {"path": target})
        self._database.execute(_MOVE, {"source": source, "target": target})
        self._drop()

    def homes(self) -> set[str]:
        """The homes that were given their first content, also those deleted since."""
        return {name for (name,) in self._database.execute("SELECT name FROM homes")}

    def add_home(self, name: str) -> None:
        """Remember that a home was given its first content; within a change."""
        self._database.execute("INSERT OR IGNORE INTO homes VALUES (?)", (name,))

    def _is_forgotten(self, path: str) -> bool:
        forgotten = self._forgotten
        return bool(forgotten) and (path in forgotten or any(above in forgotten for above in _above(path)))

    def _keep(self, path: str, row: Row) -> None:
        if path not in self._rows:
            if len(self._rows) >= KEPT:
                self._trim()
            for above in _above(path):
                self._inside[above] = self._inside.get(above, 0) + 1
            self._unknown.discard(path)
        self._rows[path] = row

    def _trim(self) -> None:
        """Keep what waits, and of the rest what is asked for next."""
        waiting = {path: self._rows[path] for path in self._waiting}
        self._rows.clear()
        self._inside.clear()
        for path, row in waiting.items():
            self._keep(path, row)

    def _drop(self) -> None:
        """Forget all that is in memory."""
        self._rows.clear()
        self._unknown.clear()
        self._inside.clear()
        self._waiting.clear()
        self._forgotten.clear()

    def _spill(self) -> None:
        """Let SQLite have what waits; to be committed."""
        execute = self._database
        execute.execute("UPDATE counter SET value = ?", (self._number,))
        execute.executemany(_FORGET, [{"path": path} for path in self._forgotten])
        execute.executemany(_PUT, [_values(path, self._rows[path]) for path in self._waiting])


def _values(path: str, row: Row) -> tuple[object, ...]:
    properties = json.dumps(row.properties) if row.properties else "{}"
    return (path, row.number, row.version, row.created, row.modified, row.seen, properties)


def _above(path: str) -> Iterator[str]:
    """The folders that a path is in, but for the root."""
    end = path.rfind("/")
    while end > 0:
        path = path[:end]
        yield path
        end = path.rfind("/")
