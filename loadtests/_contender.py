"""One server that is measured beside others: does its work, or is said to have broken off.

Whoever breaks off in a round has no speed in it. That is no nought, nor somebody else's victory: it is told.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType

from loadtests import wrk
from loadtests.servers import Served, free_port

MIB = 1 << 20
Do = Callable[[Served, float], float]


class Contender:
    """A server of `module`, in a folder of its own in `space`; `fill` puts there what it serves."""

    def __init__(self, module: ModuleType, space: Path, fill: Callable[[Path], None]) -> None:
        self.module, self._space, self._fill = module, space, fill
        self._starts = 0
        self.name: str = module.NAME
        self.trouble = ""
        """Why it broke off the last time."""
        self.server = self._start()

    def do(self, work: Do, seconds: float) -> tuple[float, float] | None:
        """What it did each second, and what part of its core it had for that; None if it broke off."""
        try:
            if self.server.process.poll() is not None:
                # Whatever ended it, the next round is another.
                self.server = self._start()
            used, began = self.server.cpu(), time.perf_counter()
            figure = work(self.server, seconds)
            used, spent = self.server.cpu() - used, time.perf_counter() - began
        except (wrk.Failed, RuntimeError, OSError) as error:
            self.trouble = str(error)
            return None
        finally:
            clear(self.server.folder)
        return figure, max(used / spent, 0.01)

    def stop(self) -> None:
        """End it."""
        if self.server.process.poll() is None:
            self.server.stop()

    def _start(self) -> Served:
        self._starts += 1
        own = self._space / f"{self.module.__name__.rpartition('.')[2]}-{self._starts}"
        (own / "data").mkdir(parents=True)
        self._space.chmod(0o755)  # Apache serves as another user
        server: Served = self.module.start(own, free_port())
        try:
            self._fill(server.folder)
            owner = server.folder.stat()
            for place in server.folder.rglob("*"):
                os.chown(place, owner.st_uid, owner.st_gid)
        except OSError:
            server.stop()
            raise
        return server


def clear(folder: Path) -> None:
    """Remove what was put there, so that the disk holds one round's files at most."""
    for place in _put(folder):
        with suppress(FileNotFoundError):
            place.rmdir() if place.is_dir() else place.unlink()


def _put(folder: Path) -> Iterator[Path]:
    yield from folder.glob("big-*")
    yield from folder.glob("made-*")


def fill(folder: Path, big: Path) -> None:
    """What every server serves; `big` has the big files, which all of them share."""
    (folder / "file-1k").write_bytes(b"x" * 1024)
    for size in (64 * MIB, 1024 * MIB):
        file = big / f"file-{size // MIB}m"
        if not file.exists():
            # Not a hole, which no memory is read for.
            piece = os.urandom(MIB)
            with file.open("wb") as out:
                for _ in range(size // MIB):
                    out.write(piece)
        (folder / file.name).hardlink_to(file)
    for count in (100, 1000):
        (folder / f"folder-{count}").mkdir()
        for number in range(count):
            (folder / f"folder-{count}" / f"file-{number:04}.txt").write_bytes(b"x")
