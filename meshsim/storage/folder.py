"""Files in a folder on disk: the storage of a site that other programs may look into.

Contents are ordinary files below the root; the rest is in an index in `.meshsim`. A file changed behind our
back is noticed by its size, time or inode and gets a new version. Symbolic links are never followed: to
us they are not there. One caller at a time.
"""

import errno
import os
import shutil
import stat as modes
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from meshsim.storage import (
    BAD_PATH,
    EXISTS,
    FULL,
    IS_FOLDER,
    MISSING,
    NO_PARENT,
    NOT_FOLDER,
    Entry,
    Storage,
    StorageError,
)
from meshsim.storage._homes import Populate, plant
from meshsim.storage._index import Index
from meshsim.storage._paths import inside, names, parent
from meshsim.wire import Body, FileSlice

SLICE_OVER = 64 * 1024
"""Bytes beyond which content is handed out as a slice of the file, not read."""

_HIDDEN = ".meshsim"
_REASONS = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.ENAMETOOLONG: BAD_PATH,
    errno.EEXIST: EXISTS,
    errno.ENOENT: MISSING,
    errno.ENOTDIR: NO_PARENT,
}


class FolderStorage:
    """One tree below a folder; see `meshsim.storage.Storage`."""

    def __init__(self, now: Callable[[], float], root: Path, populate: Populate | None) -> None:
        self._now = now
        self._populate = populate
        self._root = str(root.resolve())
        self._scratch = os.path.join(self._root, _HIDDEN, "scratch")
        # What a crash left behind was never part of the tree.
        shutil.rmtree(self._scratch, ignore_errors=True)
        os.makedirs(self._scratch)
        self._index = Index(os.path.join(self._root, _HIDDEN, "index.db"))
        self._populated = self._index.homes()

    def stat(self, path: str) -> Entry | None:
        """What is at `path`, or None."""
        with _failures(path):
            found = self._look(path)
            return None if found is None else self._entry(path, found)

    def list(self, path: str) -> list[Entry]:
        """The entries of a folder, sorted by name; of "/", the homes touched so far."""
        with _failures(path):
            if not modes.S_ISDIR(self._need(path).st_mode):
                raise StorageError(NOT_FOLDER, path)
            members = [name for name in _members(self._real(path)) if path != "/" or name != _HIDDEN]
            places = [f"{path.rstrip('/')}/{name}" for name in members]
            return [self._entry(place, os.lstat(self._real(place))) for place in places]

    def read(self, path: str, start: int = 0, length: int | None = None) -> Body:
        """The content, or a part of it; a big part as a slice of the file."""
        with _failures(path):
            found = self._need(path)
            if modes.S_ISDIR(found.st_mode):
                raise StorageError(IS_FOLDER, path)
            rest = max(0, found.st_size - start)
            count = rest if length is None else min(length, rest)
            if count > SLICE_OVER:
                return FileSlice(self._real(path), start, count)
            with open(os.open(self._real(path), os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
                file.seek(start)
                return file.read(count)

    def write(self, path: str, data: bytes) -> Entry:
        """Create or replace a file; its parent folder must exist."""
        with _failures(path):
            found = self._look(path)
            if found is None:
                self._need_place(path)
            elif modes.S_ISDIR(found.st_mode):
                raise StorageError(IS_FOLDER, path)
            else:
                self._entry(path, found)
            moment = self._now()
            with self._change() as (version, scratch):
                with open(scratch, "xb") as file:
                    file.write(data)
                os.replace(scratch, self._real(path))
                if found is None:
                    self._index.forget(path)
                self._record(path, version, moment)
                self._touch(path, version, moment if found is None else None)
            return self._entry(path, self._need(path))

    def make_folder(self, path: str) -> Entry:
        """Create a folder."""
        with _failures(path):
            if self._look(path) is not None:
                raise StorageError(EXISTS, path)
            self._need_place(path)
            moment = self._now()
            with self._change() as (version, _):
                os.mkdir(self._real(path))
                self._index.forget(path)
                self._record(path, version, moment)
                self._touch(path, version, moment)
            return self._entry(path, self._need(path))

    def delete(self, path: str) -> None:
        """Remove a file, or a folder with all in it, which is gone at once however much it is."""
        with _failures(path):
            self._need(path)
            if path == "/":
                raise StorageError(BAD_PATH, path)
            with self._change() as (version, scratch):
                os.rename(self._real(path), scratch)
                self._index.forget(path)
                self._touch(path, version, self._now())

    def move(self, source: str, target: str) -> Entry:
        """Rename; `target` must not exist and its parent must."""
        with _failures(target):
            self._entry(source, self._between(source, target))
            moment = self._now()
            with self._change() as (version, _):
                os.rename(self._real(source), self._real(target))
                self._index.move(source, target)
                self._index.saw(target, self._signature(target))
                self._touch(source, version, moment)
                self._touch(target, version, moment)
            return self._entry(target, self._need(target))

    def copy(self, source: str, target: str) -> Entry:
        """Copy a file, or a folder with all in it; properties go along."""
        with _failures(target):
            self._between(source, target)
            moment = self._now()
            with self._change() as (_, scratch):
                places = list(_places(self._real(source)))
                for place in places:
                    if os.path.isdir(self._real(source) + place):
                        os.mkdir(scratch + place)
                    else:
                        shutil.copyfile(self._real(source) + place, scratch + place, follow_symlinks=False)
                os.rename(scratch, self._real(target))
                self._index.forget(target)
                for place in places:
                    self._record(target + place, self._index.next(), moment)
                    self._index.inherit(source + place, target + place)
                self._touch(target, self._index.next(), moment)
            return self._entry(target, self._need(target))

    def properties(self, path: str) -> Mapping[str, str]:
        """Dead WebDAV properties: Clark name to serialised XML element."""
        with _failures(path):
            self._entry(path, self._need(path))
        return self._index.properties(path)

    def set_properties(self, path: str, changes: Mapping[str, str | None]) -> None:
        """Set (text) or remove (None) dead properties, all or none."""
        kept = {**self.properties(path), **changes}
        self._index.set_properties(path, {name: text for name, text in kept.items() if text is not None})

    def _real(self, path: str) -> str:
        return self._root + path.rstrip("/")

    @contextmanager
    def _change(self) -> Iterator[tuple[int, str]]:
        """A new version, and a path outside the tree that is cleared whether the change is made or not."""
        scratch = ""
        try:
            with self._index.change() as version:
                scratch = os.path.join(self._scratch, str(version))
                yield version, scratch
        finally:
            if os.path.isdir(scratch):
                shutil.rmtree(scratch)
            elif os.path.lexists(scratch):
                os.unlink(scratch)

    def _look(self, path: str) -> os.stat_result | None:
        """The file or folder at a path, reached through folders alone."""
        parts = names(path)
        if parts and parts[0] == _HIDDEN:
            raise StorageError(BAD_PATH, path)
        found = _walk(self._root, parts)
        if found is None and self._first_touch(parts[0]):
            found = _walk(self._root, parts)
        return found

    def _first_touch(self, home: str) -> bool:
        """Whether an absent home has just come into being."""
        if self._populate is None or home in self._populated or os.path.lexists(self._real("/" + home)):
            return False
        content = self._populate(home)
        if content is None:
            return False
        self._populated.add(home)
        self._index.add_home(home)
        plant(self, home, content)
        return True

    def _need(self, path: str) -> os.stat_result:
        found = self._look(path)
        if found is None:
            raise StorageError(MISSING, path)
        return found

    def _need_place(self, path: str) -> None:
        """A free name in a folder; a symbolic link is not there, but takes its name all the same."""
        above = self._look(parent(path))
        if above is None or not modes.S_ISDIR(above.st_mode):
            raise StorageError(NO_PARENT, path)
        if os.path.lexists(self._real(path)):
            raise StorageError(EXISTS, path)

    def _between(self, source: str, target: str) -> os.stat_result:
        """What a move or copy starts from, once nothing speaks against it."""
        found = self._need(source)
        if self._look(target) is not None:
            raise StorageError(EXISTS, target)
        if inside(target, source):
            raise StorageError(BAD_PATH, target)
        self._need_place(target)
        for place in _places(self._real(source)):
            # What is in a folder must have a path at its new place, or nobody could reach or delete it.
            names(target + place)
        return found

    def _entry(self, path: str, found: os.stat_result) -> Entry:
        """What the index knows of a file or folder, after learning what it did not know."""
        row = self._index.row(path)
        while row is None or row.seen != _signature(found):
            self._index.record(path, self._index.next(), self._now(), _signature(found))
            row = self._index.row(path)
        folder = modes.S_ISDIR(found.st_mode)
        return Entry(
            path=path,
            folder=folder,
            size=0 if folder else found.st_size,
            modified=row.modified,
            created=row.created,
            etag=f"{row.version:x}",
            file_id=f"{row.number:x}",
        )

    def _record(self, path: str, version: int, moment: float) -> None:
        self._index.record(path, version, moment, self._signature(path))

    def _touch(self, path: str, version: int, moment: float | None) -> None:
        """Something changed at a path; unless `moment` is None, the members of its folder did."""
        above = place = parent(path)
        self._index.touch(above, version, moment)
        self._index.saw(above, self._signature(above))
        while place != "/":
            place = parent(place)
            self._index.touch(place, version, None)

    def _signature(self, path: str) -> str:
        return _signature(os.lstat(self._real(path)))


@contextmanager
def _failures(path: str) -> Iterator[None]:
    """Failures of the file system in the words of storage."""
    try:
        yield
    except OSError as error:
        reason = _REASONS.get(error.errno or 0)
        if reason is None:
            raise
        raise StorageError(reason, path) from error


def _walk(root: str, parts: list[str]) -> os.stat_result | None:
    place, found = root, os.lstat(root)
    for name in parts:
        if not modes.S_ISDIR(found.st_mode):
            return None
        place = f"{place}/{name}"
        try:
            found = os.lstat(place)
        except FileNotFoundError:
            return None
    return found if _visible(found) else None


def _members(folder: str) -> list[str]:
    """The names in a real folder that are files or folders and can be said in UTF-8, sorted."""
    with os.scandir(folder) as found:
        kept = [item.name for item in found if _visible(item.stat(follow_symlinks=False))]
    return sorted(name for name in kept if os.fsencode(name).decode("utf-8", "ignore") == name)


def _places(root: str) -> Iterator[str]:
    """What is visible in a real folder or file, relative to it, folders before their content."""
    pending = [""]
    while pending:
        place = pending.pop()
        yield place
        if os.path.isdir(root + place):
            pending.extend(f"{place}/{name}" for name in reversed(_members(root + place)))


def _visible(found: os.stat_result) -> bool:
    return modes.S_ISREG(found.st_mode) or modes.S_ISDIR(found.st_mode)


def _signature(found: os.stat_result) -> str:
    """Changes when somebody changes a file, or the members of a folder."""
    if modes.S_ISDIR(found.st_mode):
        return str(found.st_mtime_ns)
    return f"{found.st_size} {found.st_mtime_ns} {found.st_ino}"


def build(now: Callable[[], float], root: Path | None = None, populate: Populate | None = None) -> Storage:
    """The tree below `root`, which is made if it is not there; ValueError without a root."""
    if root is None:
        raise ValueError("storage in a folder needs a root")
    return FolderStorage(now, root, populate)
