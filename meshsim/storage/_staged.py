"""Content of a folder that is made beside the tree, and then renamed to its place."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from meshsim.storage import TOO_LARGE, Entry, StorageError
from meshsim.storage import _disk as disk
from meshsim.storage._failures import Failures

if TYPE_CHECKING:
    from meshsim.storage.folder import FolderStorage


class FileUpload:
    """A file in the scratch folder, moved to its place at the end."""

    def __init__(self, storage: "FolderStorage", path: str, known: Entry | None = None) -> None:
        self._storage, self._path, self._known, self._size = storage, path, known, 0
        self._scratch = storage.scratch()
        self._on_disk = not storage.synced
        with Failures(path):
            self._file = os.open(self._scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)

    def write(self, chunk: bytes) -> None:
        """Take what comes next."""
        self._size += len(chunk)
        if self._size > self._storage.largest:
            raise StorageError(TOO_LARGE, self._path)
        with Failures(self._path):
            done = os.write(self._file, chunk)
            while done < len(chunk):  # one call takes 2 GiB at most, and less when the disk gets full
                done += os.write(self._file, memoryview(chunk)[done:])

    def prepare(self) -> None:
        """Wait for the disk, if that is wanted."""
        if not self._on_disk:
            with Failures(self._path):
                os.fsync(self._file)
            self._on_disk = True

    def commit(self) -> Entry:
        """Create or replace the file."""
        self.prepare()
        with Failures(self._path):
            found = os.fstat(self._file)
        self._close()
        entry = self._storage.replace(self._path, self._scratch, found, self._known)
        self._scratch = ""
        return entry

    def abort(self) -> None:
        """Drop what came so far."""
        self._close()
        if self._scratch:
            with suppress(FileNotFoundError):
                os.unlink(self._scratch)

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


class Copied(NamedTuple):
    """One file or folder of a copy: its place in it, how it looks, and the properties of its original."""

    place: str
    seen: str
    properties: Mapping[str, str]


class FileCopy:
    """A copy in the scratch folder, moved to its place at the end."""

    def __init__(self, storage: "FolderStorage", source: str, target: str) -> None:
        self._storage, self._source, self._target = storage, source, target
        self._scratch = storage.scratch()
        self._found: Sequence[Copied] | None = None

    def prepare(self) -> None:
        """Copy all that is there now."""
        if self._found is None:
            self._found = self._storage.copied(self._source, self._target, self._scratch)

    def commit(self) -> Entry:
        """Put the copy in its place."""
        self.prepare()
        entry = self._storage.put_copy(self._source, self._target, self._scratch, self._found or ())
        self._scratch = ""
        return entry

    def abort(self) -> None:
        """Drop what was copied."""
        if self._scratch:
            self._storage.later(partial(disk.remove, self._scratch))


class FileMove:
    """A move that was looked at before."""

    def __init__(self, storage: "FolderStorage", source: str, target: str) -> None:
        self._storage, self._source, self._target = storage, source, target
        self._fits = False

    def prepare(self) -> None:
        """Refuse what would have no path at its new place."""
        if not self._fits:
            self._storage.check_names(self._source, self._target)
            self._fits = True

    def commit(self) -> Entry:
        """Rename it."""
        self.prepare()
        return self._storage.rename(self._source, self._target)

    def abort(self) -> None:
        """Nothing was done."""
