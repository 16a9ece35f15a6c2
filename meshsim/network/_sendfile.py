"""Part of a file on its way into a socket, by sendfile: nothing of it comes into memory of ours."""

import os
import socket

from meshsim.wire import FileSlice

_AT_ONCE = 1 << 22
"""Bytes of a file sent before others get a turn."""


class Pump:
    """Sends a part of a file, piece by piece, on a descriptor of its own, which works under any loop."""

    __slots__ = ("_end", "_file", "_place", "out")

    def __init__(self, to: socket.socket, part: FileSlice) -> None:
        self._file, self._place, self._end = part.opened(), part.offset, part.offset + part.length
        self.out = socket.socket(fileno=os.dup(to.fileno()))
        self.out.setblocking(False)

    def __enter__(self) -> "Pump":
        return self

    def __exit__(self, *error: object) -> None:
        self.out.close()

    @property
    def done(self) -> bool:
        """Whether all of it was sent."""
        return self._place == self._end

    def send(self) -> None:
        """Send what there is room for; OSError."""
        size = min(self._end - self._place, _AT_ONCE)
        try:
            sent = os.sendfile(self.out.fileno(), self._file.number, self._place, size)
        except BlockingIOError:
            return
        if not sent:
            # The file got shorter under us; what was promised cannot be kept.
            raise ConnectionAbortedError("the file broke off")
        self._place += sent
