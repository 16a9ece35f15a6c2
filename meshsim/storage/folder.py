"""Files in a folder on disk: the storage of a site that other programs may look into.

Contents are ordinary files below the root; the rest is in an index in `.meshsim`. A file changed behind our
back is noticed by its size, time or inode and gets a new version. Symbolic links are never followed: to
us they are not there. Threads may share it: each call waits for the one before, but for the copying and
removing of content, which holds nobody up.

A change is one step on disk, and then known to the index. What the step is about to be is written down
before, so that after a kill the index is brought up to what is on disk.
"""

import os
import shutil
import stat as modes
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count, islice
from pathlib import Path

from meshsim.storage import (
    BAD_PATH,
    EXISTS,
    IS_FOLDER,
    MISSING,
    NO_PARENT,
    NO_PROPERTIES,
    NOT_FOLDER,
    Entry,
    Later,
    Staged,
    Storage,
    StorageError,
    Upload,
)
from meshsim.storage import _disk as disk
from meshsim.storage._changes import COPY, DELETE, HOME, MOVE, NEW, REPLACE, Changes
from meshsim.storage._disk import signature
from meshsim.storage._failures import HIDDEN, Failures
from meshsim.storage._homes import Populate
from meshsim.storage._index import Index, Row
from meshsim.storage._paths import inside, names, parent
from meshsim.storage._staged import Copied, FileCopy, FileMove, FileUpload
from meshsim.wire import Body, FileSlice, OpenFile

SLICE_OVER = 64 * 1024
"""Bytes beyond which content is handed out as a slice of the file, not read."""

_WALKED = 4096
"""Folders of which it is remembered that they were reached."""
_AT_ONCE = 256
"""Members of a folder that are looked up before others get a turn."""
_CONTENT, _CONTENTS = 4096, 2048
"""Bytes of a file of which the content is kept in memory, and how many of these."""
_BIG, _MANY, _LISTED = 64 << 20, 256, 2000
"""Bytes of a file, members of a folder, and those of one that is only listed, from which on others should not
wait. A thread is no gain before: a thousand are listed in 6 ms, and by sixteen threads in 21 each.
"""
_SETTLED = 2_000_000_000
"""Nanoseconds after which a changed file has another time, whatever clock its system tells that by."""


class FolderStorage:
    """One tree below a folder; see `meshsim.storage.Storage`."""

    largest = 1 << 43  # what ext4 and XFS can hold at least, with blocks of 1 KiB

    def __init__(
        self,
        now: Callable[[], float],
        root: Path,
        populate: Populate | None,
        synchronous: str,
        later: Later,
    ) -> None:
        self._now = now
        self._populate = populate
        self.synced = synchronous == "FULL"
        self.later = later
        self._root = str(root.resolve())
        self._scratch = os.path.join(self._root, HIDDEN, "scratch")
        os.makedirs(self._scratch, exist_ok=True)
        self._lock = threading.RLock()
        self._scraps = count()
        # Whoever has the index has the folder.
        self._index = Index(
            Path(self._root, HIDDEN, "index.db"), Path(self._root, HIDDEN, "change"), synchronous
        )
        self._changes = Changes(self._root, self._index, now, synced=self.synced)
        # What a kill left behind was never part of the tree.
        shutil.rmtree(self._scratch, ignore_errors=True)
        os.makedirs(self._scratch, exist_ok=True)
        self._changes.finish()
        self._populated = self._index.homes()
        self._walked: dict[str, tuple[int, int]] = {}
        """Folders that were reached name by name: device and inode."""
        self._contents: dict[str, tuple[str, bytes]] = {}

    def close(self) -> None:
        """Let go of the folder; another process may have it."""
        with self._lock:
            self._index.close()

    def stat(self, path: str) -> Entry | None:
        """What is at `path`, or None."""
        with self._lock, Failures(path):
            known = self._known(path)
            if known is not None:
                return known[0]
            found = self._look(path)
            return None if found is None else self._told(path, found)

    def list(self, path: str) -> list[Entry]:
        """The entries of a folder, sorted by name; of "/", the homes touched so far."""
        with Failures(path):
            with self._lock:
                if not modes.S_ISDIR(self._need(path).st_mode):
                    raise StorageError(NOT_FOLDER, path)
            members = sorted(disk.members(self._real(path)))
            prefix = path.rstrip("/") + "/"
            if path == "/":
                members = [(name, found) for name, found in members if name != HIDDEN]
            entries: list[Entry] = []
            for start in range(0, len(members), _AT_ONCE):
                with self._lock:
                    entries += [
                        self._entry(prefix + name, found) for name, found in members[start : start + _AT_ONCE]
                    ]
                    if self.synced:
                        self._index.write()
            return entries

    def read(self, path: str, start: int = 0, length: int | None = None, known: Entry | None = None) -> Body:
        """The content, or a part of it; a big part as a slice of the file."""
        kept = self._contents.get(path)
        if kept is not None and known is not None and kept[0] == known.etag:
            return kept[1][start:] if length is None else kept[1][start : start + length]
        with self._lock, Failures(path):
            found = self._known(path)
            if found[0].folder if found else modes.S_ISDIR(self._need(path).st_mode):
                raise StorageError(IS_FOLDER, path)
            # Kept open, the content stays what it is, whatever becomes of the name.
            file = OpenFile(self._real(path))
            look = os.fstat(file.number)
            rest = max(0, look.st_size - start)
            size = rest if length is None else min(length, rest)
            if size > SLICE_OVER:
                return FileSlice(self._real(path), start, size, file)
            data = os.pread(file.number, size, start)
            if found and size == look.st_size <= _CONTENT and found[1].seen == signature(look):
                self._keep(found[0], look, data)
            return data

    def _keep(self, entry: Entry, look: os.stat_result, data: bytes) -> None:
        """Keep what is in a small file, unless it may change once more at the very time it has."""
        if time.time_ns() - look.st_mtime_ns > _SETTLED:
            if len(self._contents) >= _CONTENTS:
                self._contents.clear()
            self._contents[entry.path] = entry.etag, data

    def write(self, path: str, data: bytes, known: Entry | None = None) -> Entry:
        """Create or replace a file; its parent folder must exist."""
        upload = FileUpload(self, path, known)
        try:
            upload.write(data)
            return upload.commit()
        finally:
            upload.abort()

    def upload(self, path: str) -> Upload:
        """A file that comes in parts."""
        with self._lock, Failures(path):
            self._replaceable(path)
        return FileUpload(self, path)

    def scratch(self) -> str:
        """A path outside the tree that nobody has."""
        return os.path.join(self._scratch, f"new-{next(self._scraps)}")

    def replace(self, path: str, scratch: str, look: os.stat_result, known: Entry | None = None) -> Entry:
        """Make a file outside the tree, which looks like that, the one at `path`."""
        with self._lock, Failures(path):
            # Whatever another thread did to the file that was seen just now left it another row, or none.
            row = None if known is None or known.folder else self._index.kept(path)
            if row is not None and known is not None and f"{row.version:x}" == known.etag:
                act = REPLACE
            else:
                act = NEW if self._replaceable(path) is None else REPLACE
            row = self._changes.step(
                act, path, signature(look), partial(os.replace, scratch, self._real(path))
            )
            return _described(path, look, row)

    def make_folder(self, path: str) -> Entry:
        """Create a folder."""
        with self._lock, Failures(path):
            self._need_place(path)
            self._changes.step(NEW, path, "", partial(os.mkdir, self._real(path)))
            return self._told(path, self._need(path))

    def delete(self, path: str) -> None:
        """Remove a file, or a folder with all in it, which is gone at once however much it is."""
        scratch = self.scratch()
        with self._lock, Failures(path):
            look = self._need(path)
            if path == "/":
                raise StorageError(BAD_PATH, path)
            self._changes.step(DELETE, path, "", partial(os.rename, self._real(path), scratch))
        if not disk.removed_at_once(scratch, look, _BIG):
            self.later(partial(disk.remove, scratch))

    def move(self, source: str, target: str) -> Entry:
        """Rename; `target` must not exist and its parent must."""
        with self._lock:
            self.check_names(source, target)
            return self.rename(source, target)

    def moving(self, source: str, target: str) -> Staged:
        """A move in two steps."""
        return FileMove(self, source, target)

    def check_names(self, source: str, target: str) -> None:
        """BAD_PATH if something in `source` would have no path in `target`: nobody could reach it there."""
        with Failures(source):
            if self._look(source) is None:
                return  # which is said when it is moved
            deeper = len(names(target)) > len(names(source))
            if not deeper and len(target.encode()) <= len(source.encode()):
                return
            for place in disk.places(self._real(source)):
                names(target + place)

    def rename(self, source: str, target: str) -> Entry:
        """Move without a look at what is inside."""
        with self._lock, Failures(target):
            self._entry(source, self._between(source, target))
            with self._changes.change(MOVE, target, source):
                os.rename(self._real(source), self._real(target))
            return self._told(target, self._need(target))

    def copy(self, source: str, target: str) -> Entry:
        """Copy a file, or a folder with all in it; properties go along."""
        with self._lock, Failures(target):
            self._between(source, target)
        copying = FileCopy(self, source, target)
        try:
            return copying.commit()
        finally:
            copying.abort()

    def copying(self, source: str, target: str) -> Staged:
        """A copy beside the tree at first."""
        return FileCopy(self, source, target)

    def copied(self, source: str, target: str, scratch: str) -> Sequence[Copied]:
        """Copy what is at `source` to a place outside the tree, from where it is to go to `target`."""
        with self._lock, Failures(source):
            self._need(source)
            if inside(target, source):
                raise StorageError(BAD_PATH, target)
        with Failures(source):
            disk.copy(self._real(source), scratch)
            self._changes.sync_all(scratch)
        found: list[Copied] = []
        places = disk.places(scratch)
        while some := list(islice(places, _AT_ONCE)):
            with self._lock, Failures(source):
                for place in some:
                    row = self._index.row(source + place)
                    properties = NO_PROPERTIES if row is None else row.properties
                    # What is in a folder must have a path at its new place, or nobody could reach it.
                    names(target + place)
                    found.append(Copied(place, signature(os.lstat(scratch + place)), properties))
        return found

    def put_copy(self, source: str, target: str, scratch: str, found: Sequence[Copied]) -> Entry:
        """Make such a copy what is at `target`."""
        with self._lock, Failures(target):
            self._need_place(target)
            with self._changes.change(COPY, target, source, found):
                os.rename(scratch, self._real(target))
            return self._told(target, self._need(target))

    def long(self, path: str, *, deep: bool) -> bool:
        """Whether it is a big file, or a folder of thousands, or with `deep` one with another in it."""
        with Failures(path), self._lock:
            found = self._look(path)
        if found is None or not modes.S_ISDIR(found.st_mode):
            return found is not None and found.st_size > _BIG
        most = _MANY if deep else _LISTED
        with Failures(path), os.scandir(self._real(path)) as members:
            few = list(islice(members, most))
            return len(few) == most or (deep and any(item.is_dir(follow_symlinks=False) for item in few))

    def properties(self, path: str) -> Mapping[str, str]:
        """Dead WebDAV properties: Clark name to serialised XML element."""
        with self._lock, Failures(path):
            return self._told(path, self._need(path)).properties

    def set_properties(self, path: str, changes: Mapping[str, str | None]) -> None:
        """Set (text) or remove (None) dead properties, all or none."""
        with self._lock, Failures(path):
            found = {**self.properties(path), **changes}
            kept = {name: text for name, text in found.items() if text is not None}
            with self._index.change():
                row = self._index.row(path)
                if row is not None:
                    self._index.put(path, row._replace(properties=kept))

    def _real(self, path: str) -> str:
        return self._root + path.rstrip("/")

    def _known(self, path: str) -> tuple[Entry, Row] | None:
        """What is at a path, if the index has it in memory and it is the very same: inode, size and time.

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
        if row.seen != signature(found):
            return None
        if modes.S_ISDIR(found.st_mode) and self._walked.get(path) != (found.st_dev, found.st_ino):
            return None
        return _described(path, found, row), row

    def _look(self, path: str) -> os.stat_result | None:
        """The file or folder at a path, reached through folders alone."""
        parts = names(path)
        if parts and parts[0] == HIDDEN:
            raise StorageError(BAD_PATH, path)
        if len(parts) > 1:
            if self._above(path) is None:
                return None
            try:
                found = os.lstat(self._real(path))
            except FileNotFoundError:
                return None
            return found if disk.visible(found) else None
        there = disk.walk(self._root, parts)
        if there is None and parts[0] not in self._populated:
            with self._lock:
                if self._first_touch(parts[0]):
                    there = disk.walk(self._root, parts)
        return there

    def _above(self, path: str) -> os.stat_result | None:
        """The folder a path is in; None if that is none."""
        above = parent(path)
        known = self._walked.get(above)
        if known is not None:
            try:
                found = os.lstat(self._real(above))
            except OSError:
                found = None
            # It is the very folder that all names led to before.
            if found is not None and known == (found.st_dev, found.st_ino) and modes.S_ISDIR(found.st_mode):
                return found
        found = self._look(above)
        if found is None or not modes.S_ISDIR(found.st_mode):
            return None
        if len(self._walked) >= _WALKED:
            self._walked.clear()
        self._walked[above] = found.st_dev, found.st_ino
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
            disk.plant(scratch, home, content)
            self._changes.sync_all(scratch)
            with self._changes.change(HOME, "/" + home):
                os.rename(scratch, self._real("/" + home))
        finally:
            disk.remove(scratch)
        self._populated.add(home)
        return True

    def _need(self, path: str) -> os.stat_result:
        found = self._look(path)
        if found is None:
            raise StorageError(MISSING, path)
        return found

    def _replaceable(self, path: str) -> os.stat_result | None:
        """The file at a path, None for a free name in a folder; refused if no file can be there."""
        found = self._at(path)
        if found is None:
            return None
        if modes.S_ISDIR(found.st_mode):
            raise StorageError(IS_FOLDER, path)
        if not disk.visible(found):
            raise StorageError(EXISTS, path)
        self._entry(path, found)
        return found

    def _need_place(self, path: str) -> None:
        """A free name in a folder; a symbolic link is not there, but takes its name all the same."""
        if self._at(path) is not None:
            raise StorageError(EXISTS, path)

    def _at(self, path: str) -> os.stat_result | None:
        """Whatever has a name in a folder, None if nobody has it; refused if there is no such folder."""
        parts = names(path)
        if len(parts) < 2:
            # A home that comes into being by being looked for, or a name that nobody may use.
            self._look(path)
        elif self._above(path) is None:
            raise StorageError(NO_PARENT, path)
        try:
            return os.lstat(self._real(path))
        except FileNotFoundError:
            return None

    def _between(self, source: str, target: str) -> os.stat_result:
        """What a move or copy starts from, once nothing speaks against it."""
        found = self._need(source)
        if self._look(target) is not None:
            raise StorageError(EXISTS, target)
        if inside(target, source):
            raise StorageError(BAD_PATH, target)
        self._need_place(target)
        return found

    def _told(self, path: str, found: os.stat_result) -> Entry:
        """An entry that somebody is told of: its etag is not given to another version, whatever happens."""
        entry = self._entry(path, found)
        if self.synced:
            self._index.write()
        return entry

    def _entry(self, path: str, found: os.stat_result) -> Entry:
        """What the index knows of a file or folder, after learning what it did not know."""
        return _described(path, found, self._changes.saw(path, found))


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


def _at_once(work: Callable[[], None]) -> None:
    work()


def build(
    now: Callable[[], float],
    root: Path | None = None,
    populate: Populate | None = None,
    synchronous: str = "NORMAL",
    later: Later | None = None,
) -> Storage:
    """The tree below `root`, which is made if it is not there; ValueError without a root.

    `synchronous` is NORMAL, or FULL to wait for the disk at every change. `later` removes what nobody sees
    any more, here and now unless given.
    """
    if root is None:
        raise ValueError("storage in a folder needs a root")
    return FolderStorage(now, root, populate, synchronous, later or _at_once)
