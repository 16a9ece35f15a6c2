"""What a file system does not keep of a site's files: versions, file ids, the site's times, properties."""

import json
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from meshsim.database import connect, failures, statements, transaction
from meshsim.storage import NO_PROPERTIES

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
_RECORD = """
INSERT INTO entries VALUES (:path, :version, :version, :moment, :moment, :seen, '{}')
ON CONFLICT DO UPDATE SET version = :version, modified = :moment, seen = :seen
RETURNING number, version, created, modified, seen, properties
"""
# "0" follows "/", so these two mean a path and all that is in it.
_FORGET = "DELETE FROM entries WHERE path = :path OR path > :path || '/' AND path < :path || '0'"
_MOVE = """
UPDATE entries SET path = :target || substr(path, length(:source) + 1)
WHERE path = :source OR path > :source || '/' AND path < :source || '0'
"""
_INHERIT = """
UPDATE entries SET properties = old.properties FROM entries AS old
WHERE old.path = :source AND entries.path = :target
"""


class Row(NamedTuple):
    """What is known of one file or folder; `seen` is how it looked on disk then."""

    number: int
    version: int
    created: float
    modified: float
    seen: str
    properties: Mapping[str, str]


KEPT = 50_000
"""Rows that are kept in memory, of about 300 bytes each: to ask SQLite for one takes 10 microseconds."""


class Index:
    """Rows by storage path in a SQLite file. One counter numbers files and versions.

    For one process and one caller at a time: what was read is kept.
    """

    def __init__(self, file: Path, synchronous: str) -> None:
        self._file = file
        self._database = connect(file, KIND, STEPS, synchronous=synchronous)
        self.close = weakref.finalize(self, self._database.close)
        self._rows: dict[str, Row] = {}

    def next(self) -> int:
        """A number never given before."""
        (value,) = self._database.execute("UPDATE counter SET value = value + 1 RETURNING value").fetchone()
        return int(value)

    def last(self) -> int:
        """The number given last, in a change that was kept."""
        (value,) = self._database.execute("SELECT value FROM counter").fetchone()
        return int(value)

    @contextmanager
    def change(self) -> Iterator[int]:
        """Gives a new version; what is written within the block is kept when it ends well, or not at all."""
        try:
            with failures(self._file), transaction(self._database):
                yield self.next()
        except BaseException:
            self._rows.clear()
            raise

    def row(self, path: str) -> Row | None:
        """What is known of a path."""
        row = self._rows.get(path)
        if row is None:
            found = self._database.execute(_ROW, (path,)).fetchone()
            if found is None:
                return None
            row = self._keep(path, found)
        return row

    def _keep(self, path: str, found: tuple[int, int, float, float, str, str]) -> Row:
        if len(self._rows) >= KEPT:
            self._rows.clear()
        number, version, created, modified, seen, text = found
        properties = NO_PROPERTIES if text == "{}" else json.loads(text)
        row = self._rows[path] = Row(number, version, created, modified, seen, properties)
        return row

    def kept(self, path: str) -> Row | None:
        """The same, if it is in memory; any text may be asked for."""
        return self._rows.get(path)

    def record(self, path: str, version: int, moment: float, seen: str) -> Row:
        """Take down what is at a path now, new or changed."""
        values = {"path": path, "version": version, "moment": moment, "seen": seen}
        # All are fetched, because a statement that returns rows is not done until it has given the last.
        (found,) = self._database.execute(_RECORD, values).fetchall()
        return self._keep(path, found)

    def saw(self, path: str, seen: str) -> None:
        """It looks different on disk, but is no other version."""
        self._rows.pop(path, None)
        self._database.execute("UPDATE entries SET seen = ? WHERE path = ?", (seen, path))

    def touch(self, folders: Sequence[str], version: int) -> None:
        """Folders have a new version."""
        for path in folders:
            self._rows.pop(path, None)
        marks = ", ".join("?" * len(folders))
        self._database.execute(
            f"UPDATE entries SET version = ? WHERE path IN ({marks})",  # noqa: S608 - question marks
            (version, *folders),
        )

    def changed(self, path: str, version: int, moment: float | None, seen: str) -> None:
        """A folder has a new version and looks different; unless None, its members came or went then."""
        self._rows.pop(path, None)
        self._database.execute(
            "UPDATE entries SET version = ?, modified = coalesce(?, modified), seen = ? WHERE path = ?",
            (version, moment, seen, path),
        )

    def forget(self, path: str) -> None:
        """Drop the rows of a path and of all that is in it."""
        self._rows.pop(path, None)
        if self._database.execute(_FORGET, {"path": path}).rowcount > 1:
            self._rows.clear()

    def move(self, source: str, target: str) -> None:
        """Rename the rows of a path and of all that is in it; those at the target go."""
        self.forget(target)
        self._database.execute(_MOVE, {"source": source, "target": target})
        self._rows.clear()

    def inherit(self, source: str, target: str) -> None:
        """Give one path the properties of another."""
        self._rows.pop(target, None)
        self._database.execute(_INHERIT, {"source": source, "target": target})

    def set_properties(self, path: str, properties: Mapping[str, str]) -> None:
        """Replace the dead properties of a path."""
        self._rows.pop(path, None)
        text = json.dumps(properties)
        self._database.execute("UPDATE entries SET properties = ? WHERE path = ?", (text, path))

    def homes(self) -> set[str]:
        """The homes that were given their first content, also those deleted since."""
        return {name for (name,) in self._database.execute("SELECT name FROM homes")}

    def add_home(self, name: str) -> None:
        """Remember that a home was given its first content."""
        self._database.execute("INSERT OR IGNORE INTO homes VALUES (?)", (name,))
