"""Records in SQLite files: one for each site, or one for the whole mesh.

Rows are JSON, so that a migration can be plain SQL and an operator can look into them. What was read or
written lately is kept in memory; rows never change, so it is the same value.
"""

import sqlite3
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from meshsim.database import DataError, connect, failures, statements, transaction
from meshsim.stores import Drop, Put, Stores, check

KIND = 0x6D736831
"""application_id of these files: "msh1"."""

STEPS = (
    statements(
        """CREATE TABLE tables (
            id INTEGER PRIMARY KEY, site TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (site, name)
        )""",
        """CREATE TABLE rows (
            number INTEGER PRIMARY KEY, tab INTEGER NOT NULL REFERENCES tables, key TEXT NOT NULL,
            grp TEXT NOT NULL, row TEXT NOT NULL, UNIQUE (tab, key)
        )""",
        "CREATE INDEX rows_by_group ON rows (tab, grp, number)",
    ),
)
"""Versions of the schema. A step that was released is never changed; a new one is put behind it."""

PLAIN = (str, int, float, bool)
"""What a table that `types` does not name may hold."""

KEPT = 10_000
"""Rows per site that are kept in memory."""

_NAMES = "SELECT name, id FROM tables WHERE site = ?"
_NAME = "INSERT INTO tables (site, name) VALUES (?, ?) RETURNING id"
_GET = "SELECT row FROM rows WHERE tab = ? AND key = ?"
_ALL = "SELECT key, row FROM rows WHERE tab = ? ORDER BY number"
_GROUP = "SELECT key, row FROM rows WHERE tab = ? AND grp = ? ORDER BY number"
# The number stays, and with it the place in the order of first writing.
_PUT = """
INSERT INTO rows (tab, key, grp, row) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET grp = excluded.grp, row = excluded.row
"""
_DROP = "DELETE FROM rows WHERE tab = ? AND key = ?"


class SqliteStore:
    """The rows of one site in a file; see `meshsim.stores.Store`. Failures of the file are DataErrors."""

    def __init__(self, stores: "SqliteStores", file: Path, database: sqlite3.Connection, site: str) -> None:
        self._stores = stores  # which close the file when nobody has them any more
        self._file = file
        self._database = database
        self._site = site
        self._types = stores.types
        self._decoders: dict[str, msgspec.json.Decoder[Any]] = {}
        self._encode = msgspec.json.Encoder().encode
        self._tables: dict[str, int] = dict(database.execute(_NAMES, (site,)))
        self._kept: dict[tuple[str, str], Any] = {}

    def getter(self, table: str) -> Callable[[str], Any]:
        """What finds the row of a key in that table, or None."""
        return partial(self._get, table)

    def _get(self, table: str, key: str) -> Any:
        row = self._kept.get((table, key))
        if row is None and (number := self._tables.get(table)) is not None and _is_text(key):
            with failures(self._file):
                found = self._database.execute(_GET, (number, key)).fetchone()
            if found is not None:
                row = self._decode(table, key, found[0])
                self._keep(table, key, row)
        return row

    def rows(self, table: str, group: str | None = None) -> Iterator[Any]:
        """All rows of a table, or of one group in it, as they are now."""
        number = self._tables.get(table)
        if number is None or (group is not None and not _is_text(group)):
            return iter(())
        with failures(self._file):
            found = (
                self._database.execute(_ALL, (number,))
                if group is None
                else self._database.execute(_GROUP, (number, group))
            ).fetchall()
        return iter([self._kept.get((table, key)) or self._decode(table, key, text) for key, text in found])

    def commit(self, changes: Sequence[Put | Drop]) -> None:
        """Make all changes or none; TypeError for no change, or a row that would not come back alike."""
        written: list[tuple[str, tuple[Any, ...]]] = []
        for change in changes:
            check(change)
            if isinstance(change, Put):
                text = self._text(change)
                written.append((_PUT, (self._number(change.table), change.key, change.group, text)))
            elif (number := self._tables.get(change.table)) is not None and _is_text(change.key):
                written.append((_DROP, (number, change.key)))
        with failures(self._file), transaction(self._database):
            for statement, values in written:
                self._database.execute(statement, values)
        for change in changes:
            if isinstance(change, Put):
                self._keep(change.table, change.key, change.row)
            else:
                self._kept.pop((change.table, change.key), None)

    def _text(self, change: Put) -> str:
        wanted = self._types.get(change.table)
        if type(change.row) is not wanted if wanted else type(change.row) not in PLAIN:
            kind = wanted.__name__ if wanted else "text or number (or is named in no list of types)"
            raise TypeError(f"a row of table {change.table!r} is a {kind}, not {change.row!r}")
        for text in (change.table, change.key, change.group):
            if not _is_text(text):
                raise TypeError(f"not text that UTF-8 can carry: {text!r}")
        try:
            return self._encode(change.row).decode()
        except UnicodeEncodeError as error:
            raise TypeError(f"not text that UTF-8 can carry: {change.row!r}") from error

    def _number(self, table: str) -> int:
        number = self._tables.get(table)
        if number is None:
            with failures(self._file):
                (number,) = self._database.execute(_NAME, (self._site, table)).fetchone()
            self._tables[table] = number
        return int(number)

    def _decode(self, table: str, key: str, text: str) -> Any:
        decoder = self._decoders.get(table)
        if decoder is None:
            decoder = msgspec.json.Decoder(self._types.get(table, Any))
            self._decoders[table] = decoder
        try:
            return decoder.decode(text)
        except msgspec.MsgspecError as error:
            # Neither the row nor its key: both may be secrets.
            raise DataError(
                f"{self._file} is damaged (a row of table {table!r}: {error}); bring it back from a copy"
            ) from error

    def _keep(self, table: str, key: str, row: Any) -> None:
        if len(self._kept) >= KEPT and (table, key) not in self._kept:
            del self._kept[next(iter(self._kept))]
        self._kept[table, key] = row


class SqliteStores:
    """The files of a mesh, opened when first asked for."""

    def __init__(self, folder: Path, types: Mapping[str, type], one_file: bool, synchronous: str) -> None:
        self._folder = folder
        self.types = types
        self._one_file = one_file
        self._synchronous = synchronous
        self._open: dict[Path, sqlite3.Connection] = {}
        weakref.finalize(self, _close, self._open)

    def of(self, site: str) -> SqliteStore:
        """The store of one site; DataError says why its file cannot be used."""
        file = self._folder / ("mesh.db" if self._one_file else f"{quote(site, safe='[]')}.db")
        database = self._open.get(file)
        if database is None:
            database = self._open[file] = connect(file, KIND, STEPS, synchronous=self._synchronous)
        with failures(file):
            return SqliteStore(self, file, database, site)

    def close(self) -> None:
        """Close the files; another process may open them."""
        _close(self._open)


def _close(open_files: dict[Path, sqlite3.Connection]) -> None:
    while open_files:
        open_files.popitem()[1].close()


def _is_text(text: str) -> bool:
    """Half a character pair is no text that a file could hold."""
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def build(
    folder: Path | None = None,
    types: Mapping[str, type] = {},
    one_file: bool = False,
    synchronous: str = "NORMAL",
) -> Stores:
    """Files in `folder`, which must exist; ValueError without one.

    `one_file` puts the records of all sites into one, `synchronous` is NORMAL or FULL.
    """
    if folder is None:
        raise ValueError("records in SQLite need a folder")
    return SqliteStores(folder, types, one_file, synchronous)
