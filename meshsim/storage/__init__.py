"""Where a site's files are kept: one tree, whose first level are the users' homes.

A plug-in offers `build(...) -> Storage`. Paths are absolute, "/"-separated, already decoded and
free of "." and ".." ("/alice/papers/thesis.pdf"); a driver refuses any other with
StorageError("bad path"). Calls are plain functions, because wsgidav calls them.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from meshsim.wire import Body


class StorageError(Exception):
    """A file operation that cannot be done; `reason` is one of the constants below."""

    def __init__(self, reason: str, path: str) -> None:
        super().__init__(f"{reason}: {path}")
        self.reason = reason
        self.path = path


MISSING = "no such file or folder"
EXISTS = "exists already"
NO_PARENT = "parent folder is missing"
IS_FOLDER = "is a folder"
NOT_FOLDER = "is not a folder"
BAD_PATH = "bad path"
FULL = "no space left"
TOO_LARGE = "is too large"


NO_PROPERTIES: Mapping[str, str] = {}


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A file or folder. Times are seconds since the Unix epoch; `etag` changes with the content."""

    path: str
    folder: bool
    size: int
    modified: float
    created: float
    etag: str
    file_id: str
    """Stays the same when the file is moved or renamed."""
    properties: Mapping[str, str] = {}
    """Dead WebDAV properties: Clark name to serialised XML element."""


Later = Callable[[Callable[[], None]], None]
"""Has something done that nobody waits for, here and now or in a thread."""


class Staged(Protocol):
    """What is to be at a path. Nobody sees any of it before `commit`; `abort` leaves nothing of it."""

    def prepare(self) -> None:
        """Do all of it that may take long; a thread may, while others use the storage."""
        ...

    def commit(self) -> Entry:
        """Put it there in one piece, and at once."""
        ...

    def abort(self) -> None:
        """Drop what is there of it; nothing happens after `commit`."""
        ...


class Upload(Staged, Protocol):
    """A file on its way in; `commit` refuses what `Storage.write` does."""

    def write(self, chunk: bytes) -> None:
        """Take what comes next; TOO_LARGE beyond what the driver takes, FULL when there is no room."""
        ...


class Storage(Protocol):
    """One site's files. Every failure is a StorageError."""

    largest: int
    """Bytes a file may have."""
    synced: bool
    """Whether every change waits for the disk."""

    def stat(self, path: str) -> Entry | None:
        """What is at `path`, or None."""
        ...

    def list(self, path: str) -> list[Entry]:
        """The entries of a folder, sorted by name."""
        ...

    def read(self, path: str, start: int = 0, length: int | None = None, known: Entry | None = None) -> Body:
        """The content, or a part of it, as bytes or a slice of a file.

        What `stat` said just now may be given as `known`, to spare another look.
        """
        ...

    def write(self, path: str, data: bytes, known: Entry | None = None) -> Entry:
        """Create or replace a file; its parent folder must exist.

        The file that `stat` said just now is to be replaced may be given as `known`, to spare another look.
        """
        ...

    def upload(self, path: str) -> Upload:
        """The same in parts, for content that need not fit into memory; refused at once if it cannot end."""
        ...

    def make_folder(self, path: str) -> Entry:
        """Create a folder; EXISTS if something is there, NO_PARENT without a parent."""
        ...

    def delete(self, path: str) -> None:
        """Remove a file, or a folder with all in it."""
        ...

    def move(self, source: str, target: str) -> Entry:
        """Rename; `target` must not exist and its parent must."""
        ...

    def copy(self, source: str, target: str) -> Entry:
        """Copy a file, or a folder with all in it; properties go along."""
        ...

    def copying(self, source: str, target: str) -> Staged:
        """The same in two steps; where something is may be cleared between the two."""
        ...

    def moving(self, source: str, target: str) -> Staged:
        """A move in two steps, likewise."""
        ...

    def long(self, path: str, *, deep: bool) -> bool:
        """Whether others should not wait until somebody has gone through the members of a folder, or with
        `deep` through all that is in it, or through the content of a file.
        """
        ...

    def properties(self, path: str) -> Mapping[str, str]:
        """Dead WebDAV properties: Clark name to serialised XML element."""
        ...

    def set_properties(self, path: str, changes: Mapping[str, str | None]) -> None:
        """Set (text) or remove (None) dead properties, all or none."""
        ...

    def close(self) -> None:
        """Let go of what is held; the storage cannot be used afterwards."""
        ...
