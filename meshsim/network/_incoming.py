"""A request of HTTP/1.1 as it comes in, with its body, and why it does not."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meshsim.network.http1 import Connection

BUFFERED = 1 << 20
"""Bytes of a body that wait to be taken before no more are read."""
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class TooSlow(Exception):
    """A body does not come on."""


class Refused(Exception):
    """The request is not HTTP that is taken here; nothing after it can be trusted."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Incoming:
    """One request as it comes in. `body` is complete, or a stream that ends when all of it was here."""

    __slots__ = ("body", "connection", "headers", "keep", "method", "remote", "target", "version")

    def __init__(self, connection: "Connection") -> None:
        self.connection = connection
        self.remote = connection.remote
        self.method = ""
        self.target = ""
        self.version = "1.1"
        self.headers: dict[str, str] = {}
        self.body: bytes | Stream = b""
        self.keep = True


class Stream:
    """A body on its way: an async iterator that its connection fills, and holds back when it is full."""

    def __init__(self, connection: "Connection", *, expected: bool) -> None:
        self._connection = connection
        self._chunks: deque[bytes] = deque()
        self._held = 0
        self._size = 0
        self._began = connection.loop.time()
        self._waiter: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        self.expected = expected
        """Whether the sender waits to be told to go on."""
        self.ended = False

    def feed(self, chunk: bytes) -> None:
        """Take what came."""
        self._chunks.append(chunk)
        self._held += len(chunk)
        self._size += len(chunk)
        if self._held > BUFFERED:
            self._connection.hold()
        self._wake()

    def end(self) -> None:
        """All of it was here."""
        self.ended = True
        self._wake()

    def fail(self, error: Exception) -> None:
        """No more will come; whoever reads is told why, after what came before."""
        self._error = error
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def __aiter__(self) -> "AsyncIterator[bytes]":
        return self

    async def __anext__(self) -> bytes:
        connection = self._connection
        while not self._chunks:
            if self._error is not None:
                raise self._error
            if self.ended:
                raise StopAsyncIteration
            if self.expected:
                self.expected = False
                connection.write(_CONTINUE)
            self._waiter = connection.loop.create_future()
            connection.due = connection.loop.time() + connection.limits.pause
            try:
                await self._waiter
            finally:
                self._waiter = None
                connection.due = None
            spent = connection.loop.time() - self._began
            if spent > connection.limits.pause and self._size < connection.limits.rate * spent:
                raise TooSlow
        chunk = self._chunks.popleft()
        self._held -= len(chunk)
        if self._held <= BUFFERED:
            connection.release()
        return chunk
