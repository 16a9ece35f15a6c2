"""A plain connection under greenlets: what gevent's own socket does, for one request at a time.

gevent asks the system before it waits, and starts a timer for each wait. An answer is never there yet when a
load user looks for it, and hardly any comes too late: so here the wait comes first, and one timer, which runs
out now and then, looks whether anybody waits for too long.
"""

import socket
from time import monotonic
from typing import Any

from gevent import get_hub, getcurrent

READ, WRITE = 1, 2


class Connection:
    """Takes over a connected socket of gevent or of the standard library."""

    __slots__ = ("_due", "_fires", "_hub", "_raw", "_reading", "_span", "_timer", "_waiting")

    def __init__(self, opened: Any) -> None:
        self._raw = socket.socket(fileno=opened.detach())
        self._raw.setblocking(False)
        self._hub = get_hub()
        self._reading = self._hub.loop.io(self._raw.fileno(), READ)
        self._timer: Any = None
        self._span: float | None = None
        self._due = self._fires = 0.0
        self._waiting: Any = None

    def settimeout(self, value: float | None) -> None:
        """How long a wait may take from now on."""
        self._span = value

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        try:
            sent = self._raw.send(data)
        except BlockingIOError:
            sent = 0
        if sent == len(data):
            return
        writing = self._hub.loop.io(self._raw.fileno(), WRITE)
        try:
            rest = memoryview(data)[sent:]
            while rest:
                self._wait(writing)
                rest = rest[self._raw.send(rest) :]
        finally:
            writing.close()

    def recv(self, size: int) -> bytes:
        """What came, at most `size` bytes; empty at the end."""
        while True:
            self._wait(self._reading)
            try:
                return self._raw.recv(size)
            except BlockingIOError:
                continue

    def close(self) -> None:
        """Let go."""
        self._reading.close()
        self._stop()
        self._raw.close()

    def _wait(self, watcher: Any) -> None:
        span = self._span
        if span is not None:
            self._due = due = monotonic() + span
            if self._timer is None or due < self._fires:
                self._begin(due)
        self._waiting = getcurrent()
        try:
            self._hub.wait(watcher)
        finally:
            self._waiting = None

    def _begin(self, due: float) -> None:
        self._stop()
        self._fires = due
        self._timer = self._hub.loop.timer(max(due - monotonic(), 0.0))
        self._timer.start(self._look)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.close()
            self._timer = None

    def _look(self) -> None:
        """It ran out: whoever waits for too long is told, and for whoever may wait longer it begins anew."""
        self._stop()
        if self._waiting is None or self._span is None:
            return
        if self._due <= monotonic():
            self._waiting.throw(TimeoutError("timed out"))
        else:
            self._begin(self._due)
