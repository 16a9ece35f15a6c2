"""Files in memory: the storage of a simulated site. An untouched home costs nothing."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import msgspec

from meshsim.storage import (
    BAD_PATH,
    EXISTS,
    IS_FOLDER,
    MISSING,
    NO_PARENT,
    NO_PROPERTIES,
    NOT_FOLDER,
    TOO_LARGE,
    Entry,
    Later,
    Staged,
    Storage,
    StorageError,
    Upload,
)
from meshsim.storage._homes import Populate, plant
from meshsim.storage._paths import inside, names


# gc=False: what is in a tree never leads back to itself, and a full home would be walked by every collection.
class _Node(msgspec.Struct, gc=False, eq=False):
    """A file (`children` is None) or a folder."""

    number: int
    version: int
    created: float
    modified: float
    data: bytes
    children: "dict[str, _Node] | None"
    properties: dict[str, str] | None = None


_Folders = list[_Node]
_Members = dict[str, _Node]


class _Upload:
    """Chunks, joined at the end."""

    def __init__(self, storage: "MemoryStorage", path: str) -> None:
        self._storage, self._path = storage, path
        self._chunks: list[bytes] = []
        self._size = 0

    def write(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size > self._storage.largest:
            raise StorageError(TOO_LARGE, self._path)
        self._chunks.append(chunk)

    def prepare(self) -> None:
        pass

    def commit(self) -> Entry:
        return self._storage.write(self._path, b"".join(self._chunks))

    def abort(self) -> None:
        self._chunks.clear()


class _AtOnce:
    """A change that needs no preparation."""

    def __init__(self, commit: Callable[[], Entry]) -> None:
        self.commit = commit

    def prepare(self) -> None:
        pass

    def abort(self) -> None:
        pass


class MemoryStorage:
    """One tree of nodes; see `meshsim.storage.Storage`.

    Versions and file ids come from one counter, so they depend on the order of operations alone.
    A change gives a new etag to the file and to every folder above it, as sync clients expect.
    """

    largest = 1 << 30
    synced = False

    __slots__ = ("_count", "_now", "_populate", "_populated", "_root")

    def __init__(self, now: Callable[[], float], populate: Populate | None) -> None:
        self._now = now
        self._populate = populate
        self._populated: set[str] = set()
        self._count = 0
        self._root = _Node(0, 0, 0.0, 0.0, b"", {})

    def stat(self, path: str) -> Entry | None:
        """What is at `path`, or None."""
        node = self._find(path)
        return None if node is None else _entry(path, node)

    def list(self, path: str) -> list[Entry]:
        """The entries of a folder, sorted by name; of "/", the homes touched so far."""
        node = self._need(path)
        if node.children is None:
            raise StorageError(NOT_FOLDER, path)
        prefix = path if path == "/" else path + "/"
        return [_entry(prefix + name, child) for name, child in sorted(node.children.items())]

    def read(self, path: str, start: int = 0, length: int | None = None, known: Entry | None = None) -> bytes:
        """The content, or a part of it."""
        node = self._need(path)
        if node.children is not None:
            raise StorageError(IS_FOLDER, path)
        if not start and length is None:
            return node.data
        return node.data[start:] if length is None else node.data[start : start + length]

    def write(self, path: str, data: bytes, known: Entry | None = None) -> Entry:
        """Create or replace a file; its parent folder must exist."""
        if path == "/":
            raise StorageError(IS_FOLDER, path)
        if len(data) > self.largest:
            raise StorageError(TOO_LARGE, path)
        name, above, siblings = self._parent(path)
        node = siblings.get(name)
        moment = self._now()
        if node is None:
            node = siblings[name] = self._new(moment, data)
            self._touch(above, moment)
        elif node.children is not None:
            raise StorageError(IS_FOLDER, path)
        else:
            self._count += 1
            node.data, node.modified, node.version = data, moment, self._count
            for folder in above:
                folder.version = self._count
        return _entry(path, node)

    def upload(self, path: str) -> Upload:
        """A file that comes in parts."""
        node = self._find(path)
        if path == "/" or (node is not None and node.children is not None):
            raise StorageError(IS_FOLDER, path)
        if node is None:
            self._parent(path)
        return _Upload(self, path)

    def make_folder(self, path: str) -> Entry:
        """Create a folder."""
        if self._find(path) is not None:
            raise StorageError(EXISTS, path)
        name, above, siblings = self._parent(path)
        moment = self._now()
        node = siblings[name] = self._new(moment, b"", {})
        self._touch(above, moment)
        return _entry(path, node)

    def delete(self, path: str) -> None:
        """Remove a file, or a folder with all in it."""
        self._need(path)
        name, above, siblings = self._parent(path)
        del siblings[name]
        self._count += 1
        self._touch(above, self._now())

    def move(self, source: str, target: str) -> Entry:
        """Rename; `target` must not exist and its parent must."""
        node, name, above, siblings = self._between(source, target)
        moment = self._now()
        source_name, source_above, source_siblings = self._parent(source)
        del source_siblings[source_name]
        siblings[name] = node
        self._count += 1
        self._touch(source_above, moment)
        self._touch(above, moment)
        return _entry(target, node)

    def copy(self, source: str, target: str) -> Entry:
        """Copy a file, or a folder with all in it; properties go along."""
        node, name, above, siblings = self._between(source, target)
        moment = self._now()
        copied = siblings[name] = self._twin(node, moment)
        pending = [(node, copied)]
        while pending:
            old, new = pending.pop()
            if old.children is None or new.children is None:
                continue
            for child_name, child in sorted(old.children.items()):
                twin = new.children[child_name] = self._twin(child, moment)
                pending.append((child, twin))
        self._touch(above, moment)
        return _entry(target, copied)

    def copying(self, source: str, target: str) -> Staged:
        """A copy that is made when it is put there."""
        return _AtOnce(partial(self.copy, source, target))

    def moving(self, source: str, target: str) -> Staged:
        """A move that is made when it is committed."""
        return _AtOnce(partial(self.move, source, target))

    def long(self, path: str, *, deep: bool) -> bool:
        """Never: it is in memory, and no two threads may use it."""
        return False

    def properties(self, path: str) -> Mapping[str, str]:
        """Dead WebDAV properties: Clark name to serialised XML element."""
        return self._need(path).properties or {}

    def set_properties(self, path: str, changes: Mapping[str, str | None]) -> None:
        """Set (text) or remove (None) dead properties, all or none."""
        node = self._need(path)
        kept = {**(node.properties or {}), **changes}
        node.properties = {name: text for name, text in kept.items() if text is not None} or None

    def close(self) -> None:
        """Nothing is held."""

    def _find(self, path: str) -> _Node | None:
        """The node at a path. Bad names are never found, so only misses are checked for them."""
        node = self._root
        if path == "/":
            return node
        for name in path[1:].split("/"):
            found = None if node.children is None else node.children.get(name)
            if found is None:
                return self._first_touch(path)
            node = found
        return node if path[0] == "/" else self._first_touch(path)

    def _first_touch(self, path: str) -> _Node | None:
        parts = names(path)
        home = parts[0]
        if self._populate is None or home in self._populated or home in (self._root.children or {}):
            return None
        content = self._populate(home)
        if content is None:
            return None
        self._populated.add(home)
        plant(self, home, content)
        return self._find(path)

    def _need(self, path: str) -> _Node:
        node = self._find(path)
        if node is None:
            raise StorageError(MISSING, path)
        return node

    def _parent(self, path: str) -> tuple[str, _Folders, _Members]:
        """The last name of a path, the folders above it from the root down, and its siblings."""
        *folders, name = names(path) or [""]
        if not name:
            raise StorageError(BAD_PATH, path)
        if folders:
            self._find("/" + folders[0])
        node, above = self._root, [self._root]
        for folder in folders:
            child = (node.children or {}).get(folder)
            if child is None:
                raise StorageError(NO_PARENT, path)
            node = child
            above.append(node)
        if node.children is None:
            raise StorageError(NO_PARENT, path)
        return name, above, node.children

    def _between(self, source: str, target: str) -> tuple[_Node, str, _Folders, _Members]:
        """What a move or copy needs, once nothing speaks against it."""
        node = self._need(source)
        found = self._find(target)
        if found is not None:
            raise StorageError(EXISTS, target)
        if inside(target, source):
            raise StorageError(BAD_PATH, target)
        pending = [(target, node)]
        while pending:
            # What is in a folder must have a path at its new place, or nobody could reach or delete it.
            place, folder = pending.pop()
            names(place)
            pending.extend((f"{place}/{name}", child) for name, child in (folder.children or {}).items())
        return node, *self._parent(target)

    def _new(self, moment: float, data: bytes, children: "dict[str, _Node] | None" = None) -> _Node:
        self._count += 1
        return _Node(self._count, self._count, moment, moment, data, children)

    def _twin(self, node: _Node, moment: float) -> _Node:
        twin = self._new(moment, node.data, None if node.children is None else {})
        twin.properties = node.properties
        return twin

    def _touch(self, above: _Folders, moment: float) -> None:
        """Members of the last folder changed."""
        for folder in above:
            folder.version = self._count
        above[-1].modified = moment


def _entry(path: str, node: _Node) -> Entry:
    folder = node.children is not None
    return Entry(
        path=path,
        folder=folder,
        size=len(node.data),
        modified=node.modified,
        created=node.created,
        etag=f"{node.version:x}",
        file_id=f"{node.number:x}",
        properties=node.properties or NO_PROPERTIES,
    )


def build(
    now: Callable[[], float],
    root: Path | None = None,
    populate: Populate | None = None,
    later: Later | None = None,
) -> Storage:
    """An empty tree in memory; `root` and `later` are not used."""
    return MemoryStorage(now, populate)
