"""Changes that an index has in memory and not in its file yet: a line each, for a start after a kill."""

import os
import weakref
from pathlib import Path

import msgspec


class Line(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is about to be done: `seen` is how a file will look then, `source` where it comes from."""

    act: str
    path: str
    version: int
    moment: float
    seen: str = ""
    source: str = ""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Line)


class Log:
    """Lines in a file, written before what they tell of; the system has them when `add` returns.

    Outlives the process, not the machine: after a loss of power its end may be missing or torn.
    """

    def __init__(self, file: Path) -> None:
        self._file = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._file)
        self._size = self._last = 0
        self.count = 0

    def lines(self) -> list[Line]:
        """What is in the file, up to a line that was cut off."""
        found = []
        for text in os.pread(self._file, os.fstat(self._file).st_size, 0).splitlines():
            try:
                found.append(_decoder.decode(text))
            except msgspec.MsgspecError:
                break
        return found

    def add(self, line: Line) -> None:
        """Take a line down; OSError if there is no room."""
        data = _encoder.encode(line) + b"\n"
        if os.pwrite(self._file, data, self._size) != len(data):
            os.ftruncate(self._file, self._size)
            raise OSError(28, "no room for a line")
        self._last = self._size
        self._size += len(data)
        self.count += 1

    def take_back(self) -> None:
        """What the last line tells of was not done."""
        self._size = self._last
        self.count -= 1
        os.ftruncate(self._file, self._size)

    def clear(self) -> None:
        """All of it is in the index."""
        if self._size or self.count:
            self._size = self._last = self.count = 0
            os.ftruncate(self._file, 0)
