"""A SQLite file of our own: held by one process, of a version we know, changed in whole transactions.

Knows nothing of what is in it; `stores/sqlite.py` and `storage/folder.py` say that by their steps.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

Step = Callable[[sqlite3.Connection], None]
"""Makes a file of one version into one of the next; an empty file is of version 0."""

LEVELS = ("NORMAL", "FULL")
"""NORMAL survives the death of the process, FULL also that of the machine (docs/durability.md)."""


class DataError(Exception):
    """Data on disk cannot be read or written; the message says which, why, and what to do."""


class DiskFull(DataError):
    """There is no room; what was to be written is not."""


def statements(*texts: str) -> Step:
    """A step that is plain SQL."""

    def step(connection: sqlite3.Connection) -> None:
        for text in texts:
            connection.execute(text)

    return step


def connect(
    file: Path, kind: int, steps: Sequence[Step], *, synchronous: str = "NORMAL"
) -> sqlite3.Connection:
    """The file, made or migrated to the version after all steps, and held until closed or the process ends.

    `kind` is written into the file (application_id), so that none is taken for another. DataError if
    another process holds it, a newer meshsim wrote it, or it is damaged or no such file. One caller at a
    time.
    """
    if synchronous not in LEVELS:
        raise ValueError(f"synchronous is one of {', '.join(LEVELS)}, not {synchronous!r}")
    with failures(file):
        # Whoever waits for a lock here waits for another process to end.
        connection = sqlite3.connect(file, timeout=0.0, isolation_level=None, check_same_thread=False)
    try:
        with failures(file):
            # With the lock kept, SQLite needs no shared memory beside the file, and nobody gets between.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            _check(connection, file, kind, len(steps))
            for version in range(_pragma(connection, "user_version"), len(steps)):
                with transaction(connection):
                    steps[version](connection)
                    connection.execute(f"PRAGMA application_id = {kind}")
                    connection.execute(f"PRAGMA user_version = {version + 1}")
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection, file: Path, kind: int, newest: int) -> None:
    version, found = _pragma(connection, "user_version"), _pragma(connection, "application_id")
    if found not in (0, kind) or (version and not found):
        raise DataError(f"{file} is a database, but not one that meshsim keeps here; move it away")
    if version > newest:
        raise DataError(
            f"{file} was written by a newer meshsim: it has version {version}, and this one knows none above "
            f"{newest}; install that meshsim again, or choose another folder"
        )
    problem = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if problem != "ok":
        raise _damaged(file, problem)


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """What is written within the block is kept when it ends well, or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # SQLite has rolled back by itself where the disk was at fault.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def failures(file: Path) -> Iterator[None]:
    """What SQLite raises, as DataError in words for who keeps the file."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise DataError(
                f"{file} is in use; stop the process that has it, or choose another folder"
            ) from error
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise _damaged(file, str(error)) from error
        if code == sqlite3.SQLITE_FULL:
            raise DiskFull(f"{file} cannot grow: the disk is full; nothing was changed") from error
        if code in (
            sqlite3.SQLITE_CANTOPEN,
            sqlite3.SQLITE_READONLY,
            sqlite3.SQLITE_IOERR,
            sqlite3.SQLITE_PERM,
        ):
            raise DataError(f"{file} cannot be written: {error}") from error
        raise


def _damaged(file: Path, problem: str) -> DataError:
    return DataError(f"{file} is damaged ({problem}); bring it back from a copy, or move it away")
