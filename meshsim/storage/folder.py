"""Files in a folder on disk: the storage of a site that other programs may look into.

Contents are ordinary files below the root; the rest is in an index in `.meshsim`. A file changed behind our
back is noticed by its size, time or inode and gets a new version. Symbolic links are never followed: to
us they are not there. Threads may share it: each call waits for the one before, but for the copying of
content, which holds nobody up.

A change is one step on disk, and then one commit in the index. What the step is about to be is written down
before, so that after a kill between the two the index is brought up to what is on disk.
"""

import errno
import json
import os
import shutil
import stat as modes
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from meshsim.database import DiskFull, failures
from meshsim.storage import (
    BAD_PATH,
    EXISTS,
    FULL,
    IS_FOLDER,
    MISSING,
    NO_PARENT,
    NOT_FOLDER,
    TOO_LARGE,
    Entry,
    Storage,
    StorageError,
    Upload,
)
from meshsim.storage._homes import Populate
from meshsim.storage._index import Index, Row
from meshsim.storage._paths import inside, names, parent
from meshsim.wire import Body, FileSlice, OpenFile

SLICE_OVER = 64 * 1024
"""Bytes beyond which content is handed out as a slice of the file, not read."""

_AT_ONCE = 256
"""Members of a folder that are looked up before others get a turn."""
_HIDDEN = ".meshsim"
_NEW, _REPLACE, _DELETE, _MOVE, _COPY, _HOME = "new", "replace", "delete", "move", "copy", "home"
"""What a change does to a path."""

_REASONS = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.ENAMETOOLONG: BAD_PATH,
    errno.EEXIST: EXISTS,
    errno.ENOENT: MISSING,
    errno.ENOTDIR: NO_PARENT,
}


class _Upload:
    """A file in the scratch folder, moved to its place at the end."""

    def __init__(self, storage: "FolderStorage", path: str) -> None:
        self._storage, self._path, self._size = storage, path, 0
        self._scratch = storage.scratch()
        with _failures(path):
            self._file = os.open(self._scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)

    def write(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size > self._storage.largest:
            raise StorageError(TOO_LARGE, self._path)
        with _failures(self._path):
            done = os.write(self._file, chunk)
            while done < len(chunk):  # one call takes 2 GiB at most, and less when the disk gets full
                done += os.write(self._file, memoryview(chunk)[done:])

    def commit(self) -> Entry:
        if self._storage.synced:
            with _failures(self._path):
                os.fsync(self._file)
        self._close()
        return self._storage.replace(self._path, self._scratch)

    def abort(self) -> None:
        self._close()
        with suppress(FileNotFoundError):
            os.unlink(self._scratch)

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


class FolderStorage:
    """One tree below a folder; see `meshsim.storage.Storage`."""

    largest = 1 << 43  # what ext4 and XFS can hold at least, with blocks of 1 KiB

    def __init__(
        self, now: Callable[[], float], root: Path, populate: Populate | None, synchronous: str
    ) -> None:
        self._now = now
        self._populate = populate
        self.synced = synchronous == "FULL"
        """Whether every step waits for the disk."""
        self._root = str(root.resolve())
        self._scratch = os.path.join(self._root, _HIDDEN, "scratch")
        os.makedirs(self._scratch, exist_ok=True)
        self._lock = threading.RLock()
        self._scraps = count()
        # Whoever has the index has the folder.
        self._index = Index(Path(self._root, _HIDDEN, "index.db"), synchronous)
        self.close = self._index.close
        """Let go of the folder; another process may have it."""
        # What a kill left behind was never part of the tree.
        shutil.rmtree(self._scratch, ignore_errors=True)
        os.makedirs(self._scratch, exist_ok=True)
        self._populated = self._index.homes()
        self._note = os.open(
            os.path.join(self._root, _HIDDEN, "change"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        )
        weakref.finalize(self, os.close, self._note)
        self._finish()

    def stat(self, path: str) -> Entry | None:
        """What is at `path`, or None."""
        with self._lock, _failures(path):
            known = self._known(path)
            if known is not None:
                return known
            found = self._look(path)
            return None if found is None else self._entry(path, found)

    def list(self, path: str) -> list[Entry]:
        """The entries of a folder, sorted by name; of "/", the homes touched so far."""
        with _failures(path):
            with self._lock:
                if not modes.S_ISDIR(self._need(path).st_mode):
                    raise StorageError(NOT_FOLDER, path)
            members = sorted(_members(self._real(path)))
            prefix = path.rstrip("/") + "/"
            if path == "/":
                members = [(name, found) for name, found in members if name != _HIDDEN]
            entries: list[Entry] = []
            for start in range(0, len(members), _AT_ONCE):
                with self._lock:
                    entries += [
                        self._entry(prefix + name, found) for name, found in members[start : start + _AT_ONCE]
                    ]
            return entries

    def read(self, path: str, start: int = 0, length: int | None = None) -> Body:
        """The content, or a part of it; a big part as a slice of the file."""
        with self._lock, _failures(path):
            if self._known(path) is None and modes.S_ISDIR(self._need(path).st_mode):
                raise StorageError(IS_FOLDER, path)
            # Kept open, the content stays what it is, whatever becomes of the name.
            file = OpenFile(self._real(path))
            rest = max(0, os.fstat(file.number).st_size - start)
            size = rest if length is None else min(length, rest)
            if size > SLICE_OVER:
                return FileSlice(self._real(path), start, size, file)
            return os.pread(file.number, size, start)

    def write(self, path: str, data: bytes) -> Entry:
        """Create or replace a file; its parent folder must exist."""
        upload = _Upload(self, path)
        try:
            upload.write(data)
            return upload.commit()
        finally:
            upload.abort()

    def upload(self, path: str) -> Upload:
        """A file that comes in parts."""
        with self._lock, _failures(path):
            self._replaceable(path)
        return _Upload(self, path)

    def scratch(self) -> str:
        """A path outside the tree that nobody has."""
        return os.path.join(self._scratch, f"new-{next(self._scraps)}")

    def replace(self, path: str, scratch: str) -> Entry:
        """Make a file outside the tree the one at `path`."""
        with self._lock, _failures(path):
            found = self._replaceable(path)
            with self._change(_NEW if found is None else _REPLACE, path):
                os.replace(scratch, self._real(path))
            return self._entry(path, os.lstat(self._real(path)))

    def make_folder(self, path: str) -> Entry:
        """Create a folder."""
        with self._lock, _failures(path):
            if self._look(path) is not None:
                raise StorageError(EXISTS, path)
            self._need_place(path)
            with self._change(_NEW, path):
                os.mkdir(self._real(path))
            return self._entry(path, self._need(path))

    def delete(self, path: str) -> None:
        """Remove a file, or a folder with all in it, which is gone at once however much it is."""
        scratch = self.scratch()
        try:
            with self._lock, _failures(path):
                self._need(path)
                if path == "/":
                    raise StorageError(BAD_PATH, path)
                with self._change(_DELETE, path):
                    os.rename(self._real(path), scratch)
        finally:
            _remove(scratch)

    def move(self, source: str, target: str) -> Entry:
        """Rename; `target` must not exist and its parent must."""
        with self._lock, _failures(target):
            self._entry(source, self._between(source, target))
            with self._change(_MOVE, target, source):
                os.rename(self._real(source), self._real(target))
            return self._entry(target, self._need(target))

    def copy(self, source: str, target: str) -> Entry:
        """Copy a file, or a folder with all in it; properties go along."""
        scratch = self.scratch()
        try:
            with self._lock, _failures(target):
                self._between(source, target)
            with _failures(source):
                _copy(self._real(source), scratch)
                self._sync_all(scratch)
            with self._lock, _failures(target):
                self._need_place(target)
                with self._change(_COPY, target, source):
                    os.rename(scratch, self._real(target))
                return self._entry(target, self._need(target))
        finally:
            _remove(scratch)

    def properties(self, path: str) -> Mapping[str, str]:
        """Dead WebDAV properties: Clark name to serialised XML element."""
        with self._lock, _failures(path):
            return self._entry(path, self._need(path)).properties

    def set_properties(self, path: str, changes: Mapping[str, str | None]) -> None:
        """Set (text) or remove (None) dead properties, all or none."""
        with self._lock, _failures(path):
            kept = {**self.properties(path), **changes}
            self._index.set_properties(path, {name: text for name, text in kept.items() if text is not None})

    def _real(self, path: str) -> str:
        return self._root + path.rstrip("/")

    def _known(self, path: str) -> Entry | None:
        """The file at a path, if the index has it in memory and it is the very same: inode, size and time.

        Then its path was gone through name by name before, and need not be again; a path nobody may
        name was never taken down.
        """
        row = self._index.kept(path)
        if row is None:
            return None
        try:
            found = os.lstat(self._real(path))
        except OSError:
            return None
        if row.seen != _signature(found) or not modes.S_ISREG(found.st_mode):
            return None
        return _described(path, found, row)

    def _look(self, path: str) -> os.stat_result | None:
        """The file or folder at a path, reached through folders alone."""
        parts = names(path)
        if parts and parts[0] == _HIDDEN:
            raise StorageError(BAD_PATH, path)
        found = _walk(self._root, parts)
        if found is None and parts[0] not in self._populated:
            with self._lock:
                if self._first_touch(parts[0]):
                    found = _walk(self._root, parts)
        return found

    def _first_touch(self, home: str) -> bool:
        """Whether an absent home has just come into being."""
        if self._populate is None or home in self._populated or os.path.lexists(self._real("/" + home)):
            return False
        content = self._populate(home)
        if content is None:
            return False
        scratch = self.scratch()
        try:
            _plant(scratch, home, content)
            self._sync_all(scratch)
            with self._change(_HOME, "/" + home):
                os.rename(scratch, self._real("/" + home))
        finally:
            _remove(scratch)
        self._populated.add(home)
        return True

    @contextmanager
    def _change(self, act: str, path: str, source: str = "") -> Iterator[None]:
        """Within the block is the one step on disk, by which all of the change is done, or nothing of it."""
        with self._index.change() as version:
            os.pwrite(self._note, json.dumps([act, path, source, version]).encode(), 0)
            try:
                yield
                for place in {parent(path), parent(source or path)} if self.synced else ():
                    _sync(self._real(place))
                self._settle(act, path, source, version)
            except OSError:
                os.ftruncate(self._note, 0)
                raise
        os.ftruncate(self._note, 0)

    def _settle(self, act: str, path: str, source: str, version: int) -> None:
        """Let the index know what was done, and nothing of what was not."""
        moment, index = self._now(), self._index
        there = os.path.lexists(self._real(path))
        if act == _DELETE and not there:
            index.forget(path)
        elif act == _MOVE and there and not os.path.lexists(self._real(source)):
            index.move(source, path)
            index.saw(path, self._signature(path))
            self._touch(source, version, moment)
        elif act in (_COPY, _HOME) and there:
            index.forget(path)
            for place in _places(self._real(path)):
                self._record(path + place, index.next(), moment)
                if act == _COPY:
                    index.inherit(source + place, path + place)
            if act == _HOME:
                index.add_home(path[1:])
            version = index.next()
        elif act in (_NEW, _REPLACE) and there:
            if act == _NEW:
                index.forget(path)
            self._record(path, version, moment)
        self._touch(path, version, None if act == _REPLACE else moment)

    def _finish(self) -> None:
        """Bring the index up to a change that a kill came into."""
        try:
            act, path, source, version = json.loads(os.pread(self._note, 64 * 1024, 0))
        except ValueError:
            return  # nothing was under way, or its step had not begun when the note was half written
        if version > self._index.last():
            # A folder that somebody else removed meanwhile has no index to be brought up.
            with suppress(FileNotFoundError), self._index.change() as version:
                self._settle(act, path, source, version)
            self._populated = self._index.homes()
        os.ftruncate(self._note, 0)

    def _sync_all(self, root: str) -> None:
        """Wait until all in a real folder is on the disk, if steps wait for it."""
        for place in _places(root) if self.synced else ():
            _sync(root + place)

    def _need(self, path: str) -> os.stat_result:
        found = self._look(path)
        if found is None:
            raise StorageError(MISSING, path)
        return found

    def _replaceable(self, path: str) -> os.stat_result | None:
        """The file at a path, None for a free name in a folder; refused if no file can be there."""
        found = self._look(path)
        if found is None:
            self._need_place(path)
        elif modes.S_ISDIR(found.st_mode):
            raise StorageError(IS_FOLDER, path)
        else:
            self._entry(path, found)
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
        return _described(path, found, row)

    def _record(self, path: str, version: int, moment: float) -> None:
        self._index.record(path, version, moment, self._signature(path))

    def _touch(self, path: str, version: int, moment: float | None) -> None:
        """Something changed at a path; unless `moment` is None, the members of its folder did."""
        above = parent(path)
        self._index.changed(above, version, moment, self._signature(above))
        folders = []
        while above != "/":
            above = parent(above)
            folders.append(above)
        if folders:
            self._index.touch(folders, version)

    def _signature(self, path: str) -> str:
        return _signature(os.lstat(self._real(path)))


@contextmanager
def _failures(path: str) -> Iterator[None]:
    """Failures of the file system in the words of storage."""
    try:
        with failures(Path(_HIDDEN, "index.db")):
            yield
    except OSError as error:
        reason = _REASONS.get(error.errno or 0)
        if reason is None:
            raise
        raise StorageError(reason, path) from error
    except DiskFull as error:
        raise StorageError(FULL, path) from error


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


def _members(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """What in a real folder is a file or folder with a name that can be said in UTF-8, and how it looks."""
    with os.scandir(folder) as found:
        for item in found:
            try:
                look = item.stat(follow_symlinks=False)
                item.name.encode()
            except (FileNotFoundError, UnicodeEncodeError):
                continue
            if _visible(look):
                yield item.name, look


def _places(root: str) -> Iterator[str]:
    """What is visible in a real folder or file, relative to it, folders before their content."""
    pending = [""]
    while pending:
        place = pending.pop()
        yield place
        if os.path.isdir(root + place):
            inside = sorted(name for name, _ in _members(root + place))
            pending.extend(f"{place}/{name}" for name in reversed(inside))


def _copy(source: str, target: str) -> None:
    """Copy what is visible in a real folder or file, but for what goes meanwhile."""
    for place in _places(source):
        try:
            if os.path.isdir(source + place):
                os.mkdir(target + place)
            else:
                shutil.copyfile(source + place, target + place, follow_symlinks=False)
        except FileNotFoundError:
            if not place:
                raise


def _plant(root: str, home: str, content: Mapping[str, bytes]) -> None:
    """Make a home in a real folder, with what belongs in it."""
    os.mkdir(root)
    for name, data in content.items():
        inside = "/".join(names(f"/{home}/{name.rstrip('/')}")[1:])
        place = os.path.join(root, inside)
        os.makedirs(place if name.endswith("/") else os.path.dirname(place), exist_ok=True)
        if not name.endswith("/"):
            with open(place, "xb") as file:
                file.write(data)


def _sync(path: str) -> None:
    """Wait until a real file or folder is on the disk."""
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _remove(path: str) -> None:
    """Remove a real file or folder with all in it, if it is there."""
    if os.path.isdir(path):
        shutil.rmtree(path)
    else:
        with suppress(FileNotFoundError):
            os.unlink(path)


def _described(path: str, found: os.stat_result, row: Row) -> Entry:
    folder = modes.S_ISDIR(found.st_mode)
    return Entry(
        path=path,
        folder=folder,
        size=0 if folder else found.st_size,
        modified=row.modified,
        created=row.created,
        etag=f"{row.version:x}",
        file_id=f"{row.number:x}",
        properties=row.properties,
    )


def _visible(found: os.stat_result) -> bool:
    return modes.S_ISREG(found.st_mode) or modes.S_ISDIR(found.st_mode)


def _signature(found: os.stat_result) -> str:
    """Changes when somebody changes a file, or the members of a folder."""
    if modes.S_ISDIR(found.st_mode):
        return str(found.st_mtime_ns)
    return f"{found.st_size} {found.st_mtime_ns} {found.st_ino}"


def build(
    now: Callable[[], float],
    root: Path | None = None,
    populate: Populate | None = None,
    synchronous: str = "NORMAL",
) -> Storage:
    """The tree below `root`, which is made if it is not there; ValueError without a root.

    `synchronous` is NORMAL, or FULL to wait for the disk at every change.
    """
    if root is None:
        raise ValueError("storage in a folder needs a root")
    return FolderStorage(now, root, populate, synchronous)
