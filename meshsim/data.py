"""What of a mesh outlives its process: a folder with its records, its files, and what it was made of.

    mesh.json            seed and topology, and how the rest is kept
    authority.pem        key and certificate of the authority behind its TLS, if it was served with TLS
    records/             a SQLite file for each site, or one for all
    files/HOST/          a site's files, as ordinary files

Without a folder everything is in memory. `docs/durability.md` says what survives what.
"""

import fcntl
import os
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from meshsim import plugins
from meshsim.database import DataError
from meshsim.site.records import TYPES
from meshsim.storage import Later, Storage
from meshsim.storage._homes import Populate
from meshsim.stores import Put, Store, Stores

FORMAT = 1
"""Of the folder; one with a higher number is left alone."""

LIVES = "lives"
"""How often a site was started, among its records."""


class Keeping(msgspec.Struct, frozen=True):
    """How a mesh keeps its data in a folder."""

    one_file: bool = False
    """The records of all sites are in one file; files for hundreds would be too many to keep open."""
    synchronous: str = "NORMAL"
    """FULL waits for the disk at every commit, so that what was acknowledged survives loss of power."""


USUAL = Keeping()


class Data:
    """The records and files of each site. DataError if the folder cannot be used."""

    def __init__(self, folder: Path | None, made_of: Mapping[str, Any], keeping: Keeping = USUAL) -> None:
        """`made_of` is what data depends on, by name; started again, the folder must be of the same."""
        self.folder = folder
        self._stores: Stores
        self._storages: list[Storage] = []
        self._synchronous = keeping.synchronous
        if folder is None:
            self._stores = plugins.load("stores", "memory")()
            return
        try:
            (folder / "records").mkdir(parents=True, exist_ok=True)
            # Keys, passwords and secrets follow from what is in it.
            folder.chmod(0o700)
            self._hold(folder)
            try:
                one_file = self._description(folder / "mesh.json", made_of, keeping.one_file)
            except BaseException:
                self._release()
                raise
        except OSError as error:
            raise DataError(f"{error.filename or folder} cannot be used: {error.strerror}") from error
        make = plugins.load("stores", "sqlite")
        self._stores = make(folder / "records", TYPES, one_file=one_file, synchronous=keeping.synchronous)

    def _hold(self, folder: Path) -> None:
        """Nobody else opens the folder as long as we have it; the system lets go when the process ends."""
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._release = weakref.finalize(self, os.close, lock)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._release()
            raise DataError(
                f"{folder} is in use; stop the mesh that has it, or choose another folder"
            ) from None

    def _description(self, file: Path, made_of: Mapping[str, Any], one_file: bool) -> bool:
        """Whether there is one file for all sites: what is there decides, and must be of the same mesh."""
        wanted = msgspec.json.decode(msgspec.json.encode(made_of))
        if not file.exists():
            described = {"format": FORMAT, "one_file": one_file, **wanted}
            _write(file, msgspec.json.format(msgspec.json.encode(described)))
            return one_file
        try:
            found = msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
        except msgspec.MsgspecError as error:
            raise DataError(f"{file} is damaged ({error}); bring it back from a copy") from error
        if found.get("format") != FORMAT:
            raise DataError(
                f"{file} is of format {found.get('format')}, and this meshsim knows {FORMAT} only"
            )
        for name, value in wanted.items():
            if found.get(name) != value:
                difference = _difference(name, found.get(name), value)
                raise DataError(
                    f"{file.parent} holds another mesh: {difference}; "
                    "start it as it was made, or choose another folder"
                )
        return bool(found.get("one_file"))

    def store(self, host: str) -> Store:
        """The records of a site."""
        return self._stores.of(host)

    def storage(
        self, host: str, kind: str, now: Callable[[], float], populate: Populate, later: Later
    ) -> Storage:
        """The files of a site; `kind` is the plug-in that has them where nothing is kept."""
        storage: Storage
        if self.folder is None:
            storage = plugins.load("storage", kind)(now=now, populate=populate)
        else:
            root = self.folder / "files" / quote(host, safe="[]")
            make = plugins.load("storage", "folder")
            storage = make(now=now, root=root, populate=populate, synchronous=self._synchronous, later=later)
            self._storages.append(storage)
        return storage

    def kept(self, name: str, make: Callable[[], bytes]) -> bytes | None:
        """The secret of that name, made when it is first asked for; None where nothing is kept."""
        if self.folder is None:
            return None
        file = self.folder / name
        try:
            if not file.exists():
                _write(file, make())
            return file.read_bytes()
        except OSError as error:
            raise DataError(f"{file} cannot be used: {error.strerror}") from error

    def life(self, store: Store, number: int) -> int:
        """The number of a life of a site that now begins, never given before: its chance follows from it.

        `number` counts the lives in this process.
        """
        if self.folder is None:
            return number
        number = (store.getter(LIVES)("") or 0) + 1
        store.commit([Put(LIVES, "", number)])
        return number

    def close(self) -> None:
        """Let go of the folder; another process may have it."""
        self._stores.close()
        while self._storages:
            self._storages.pop().close()
        if self.folder is not None:
            self._release()


def _difference(name: str, found: Any, wanted: Any) -> str:
    """The first place where two values differ, in words."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        for key in (*wanted, *found):
            if found.get(key) != wanted.get(key):
                return _difference(f"{name}.{key}", found.get(key), wanted.get(key))
    if isinstance(found, list) and isinstance(wanted, list):
        if len(found) != len(wanted):
            return f"{name} were {len(found)}, and now are {len(wanted)}"
        for number, (old, new) in enumerate(zip(found, wanted, strict=True)):
            if old != new:
                return _difference(f"{name}[{number}]", old, new)
    if name == "seed":
        return "its seed is another one"  # which is a secret: all keys follow from it
    return f"{name} was {found!r:.80}, and now is {wanted!r:.80}"


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all, also if the machine dies."""
    scrap = file.with_suffix(".new")
    with open(os.open(scrap, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    scrap.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
