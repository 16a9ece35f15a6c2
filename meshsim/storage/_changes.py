"""Changes of a folder: each is one step on disk, which the index knows afterwards, or learns after a kill.

What a step is about to be is written down before. What concerns one path is in the index's memory then,
and with many others in its file later; what concerns many paths is one commit.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache

from meshsim.storage import NO_PROPERTIES
from meshsim.storage import _disk as disk
from meshsim.storage._disk import signature
from meshsim.storage._index import WAITING, Index, Row
from meshsim.storage._log import Line
from meshsim.storage._paths import parent
from meshsim.storage._staged import Copied

SEEN, LOOKED, NEW, REPLACE, DELETE = "seen", "looked", "new", "replace", "delete"
"""What happens to one path: it looks different, looks as we left it, is there, has other content, is gone."""
MOVE, COPY, HOME = "move", "copy", "home"
"""What happens to many paths."""


class Changes:
    """The changes of one folder, of real path `root`; with `synced` every one waits for the disk."""

    def __init__(self, root: str, index: Index, now: Callable[[], float], *, synced: bool) -> None:
        self.index = index
        self._root, self._now, self._synced = root, now, synced

    def step(self, act: str, path: str, seen: str, step: Callable[[], None]) -> Row:
        """Do what is one step on disk and about one path; the index knows it then, or after a kill."""
        self._prepare(path)
        line = Line(act, path, self.index.next(), self._now(), seen)
        self.index.log.add(line)
        try:
            step()
            if self._synced:
                disk.sync(self._real(parent(path)))
        except OSError:
            self.index.log.take_back()
            raise
        row = self._learn(line)
        if self._synced:
            self.index.write()
        return row

    def saw(self, path: str, found: os.stat_result) -> Row:
        """The row of a file or folder that was found, after learning what was not known of it."""
        row, seen = self.index.row(path), signature(found)
        if row is None or row.seen != seen:
            self._prepare(path)
            # Changed by us, and this is the first that anybody is told of it: that is no other version.
            act = LOOKED if row is not None and not row.seen else SEEN
            line = Line(act, path, self.index.next(), self._now(), seen)
            self.index.log.add(line)
            row = self._learn(line)
        return row

    @contextmanager
    def change(self, act: str, path: str, source: str = "", copied: Sequence[Copied] = ()) -> Iterator[None]:
        """Within the block is the one step on disk, by which all of the change is done, or nothing of it.

        `copied` is what is known of a copy already; otherwise it is looked for.
        """
        with self.index.change() as version:
            self.index.log.add(Line(act, path, version, self._now(), source=source))
            try:
                yield
                for place in {parent(path), parent(source or path)} if self._synced else ():
                    disk.sync(self._real(place))
                self._settle(act, path, source, version, copied)
            except OSError:
                self.index.log.clear()
                raise
        self.index.log.clear()

    def finish(self) -> None:
        """Bring the index up to the changes it had in memory; a kill may have come into the last."""
        index = self.index
        lines = index.log.lines()
        known = index.last()
        index.skip(max((line.version for line in lines), default=0))
        for line in lines:
            if line.version <= known:
                continue
            if line.act in (MOVE, COPY, HOME):
                # A folder that somebody else removed meanwhile has no index to be brought up.
                with suppress(FileNotFoundError), index.change() as version:
                    self._settle(line.act, line.path, line.source, version)
            elif line is not lines[-1] or self._was_done(line):
                self._learn(line)
        index.write()

    def sync_all(self, root: str) -> None:
        """Wait until all in a real folder is on the disk, if steps wait for it."""
        for place in disk.places(root) if self._synced else ():
            disk.sync(root + place)

    def _prepare(self, path: str) -> None:
        """Have all at hand that could fail once a step is done."""
        if self.index.log.count >= WAITING:
            self.index.write()
        for above in _folders(parent(path)):
            self.index.row(above)

    def _learn(self, line: Line) -> Row:
        """Let the index know what was done at a path; the row of a path that is gone says nothing."""
        act, path, version, moment, index = line.act, line.path, line.version, line.moment, self.index
        old = index.row(path) if act in (REPLACE, SEEN, LOOKED) else None
        if old is None:
            row = Row(version, version, moment, moment, line.seen, NO_PROPERTIES)
        elif act == LOOKED:
            row = old._replace(seen=line.seen)
        else:
            row = Row(old.number, version, old.created, moment, line.seen, old.properties)
        if act in (NEW, DELETE):
            index.forget(path)
        if act != DELETE:
            index.put(path, row)
        if act not in (SEEN, LOOKED):
            self._touch(path, version, None if act == REPLACE else moment)
        return row

    def _settle(self, act: str, path: str, source: str, version: int, copied: Sequence[Copied] = ()) -> None:
        """Let the index know what was done to many paths, and nothing of what was not."""
        moment, index = self._now(), self.index
        there = os.path.lexists(self._real(path))
        if act == MOVE and there and not os.path.lexists(self._real(source)):
            index.move(source, path)
            row = index.row(path)
            if row is not None:
                index.put(path, row._replace(seen=self._signature(path)))
            self._touch(source, version, moment)
        elif act in (COPY, HOME) and there:
            index.forget(path)
            index.insert(self._fresh(path, moment, copied or self._found(path, source)))
            if act == HOME:
                index.add_home(path[1:])
            version = index.next()
        self._touch(path, version, moment)

    def _fresh(self, path: str, moment: float, found: Iterable[Copied]) -> Iterator[tuple[str, Row]]:
        for place, seen, properties in found:
            number = self.index.next()
            yield path + place, Row(number, number, moment, moment, seen, properties)

    def _found(self, path: str, source: str) -> Iterator[Copied]:
        """All that is at a path now; the properties are of what is at the same place in `source`."""
        for place in disk.places(self._real(path)):
            old = self.index.row(source + place) if source else None
            properties = NO_PROPERTIES if old is None else old.properties
            yield Copied(place, self._signature(path + place), properties)

    def _was_done(self, line: Line) -> bool:
        """Whether the step of the last line took place before the end."""
        try:
            found = os.lstat(self._real(line.path))
        except OSError:
            return line.act == DELETE
        # A folder that was brought back from a copy has other inodes.
        size_and_time = line.seen.rpartition(" ")[0]
        return line.act != DELETE and signature(found).startswith(size_and_time)

    def _touch(self, path: str, version: int, moment: float | None) -> None:
        """Something changed at a path; unless `moment` is None, the members of its folder did."""
        index, nearest = self.index, True
        for place in _folders(parent(path)):
            row = index.row(place)
            if row is not None:
                number, _, created, modified, seen, properties = row
                if nearest:
                    modified, seen = modified if moment is None else moment, ""
                index.put(place, Row(number, version, created, modified, seen, properties))
            nearest = False

    def _signature(self, path: str) -> str:
        return signature(os.lstat(self._real(path)))

    def _real(self, path: str) -> str:
        return self._root + path.rstrip("/")


@lru_cache(1024)
def _folders(path: str) -> Sequence[str]:
    """A folder and those it is in, from the nearest to the root."""
    found = [path]
    while path != "/":
        path = parent(path)
        found.append(path)
    return found
