"""The network for code that waits in place: load users under greenlets, and scripts.

`complete` runs a coroutine of a site whose ports never suspend, and `BlockingPort` is such a port. What it
waits by is the caller's choice: `dial` opens connections, of the standard library or of a greenlet library.
"""

import socket
import ssl
from collections import deque
from collections.abc import Callable, Coroutine
from functools import lru_cache
from time import monotonic
from typing import Any, Protocol, TypeVar

from meshsim.network._answers import Answer, Broken
from meshsim.network.hosts import AGENT, DEFAULT_PORTS
from meshsim.wire import Body, FileSlice, NetworkError, Request, Response, chunks, split

T = TypeVar("T")

IDLE = 20.0
"""Seconds after which a connection that lies idle is not trusted any more; servers close theirs in time."""

MOST_IDLE = 512
"""Connections to one place that are kept for later."""

_AGAIN = frozenset({"GET", "HEAD", "OPTIONS", "PROPFIND", "PUT", "DELETE"})
"""Requests that may be repeated when a kept connection turns out to be dead (RFC 9110, 9.2.2)."""


def complete(work: Coroutine[Any, Any, T]) -> T:
    """The coroutine's result; RuntimeError if it waits for anything."""
    try:
        wanted = work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    work.close()
    raise RuntimeError(f"would have to wait for {wanted!r}, and nothing here can")


class Socket(Protocol):
    """What is used of a connection."""

    def sendall(self, data: bytes, /) -> None:
        """Send all of it."""
        ...

    def recv(self, size: int, /) -> bytes:
        """What came, at most `size` bytes; empty at the end."""
        ...

    def settimeout(self, value: float | None, /) -> None:
        """How long each of the others may take."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


Dial = Callable[[str, str, float], Socket]
"""Connects to the authority of a URL of that scheme within so many seconds; NetworkError if it may not be.

OSError where it cannot be.
"""


class Line:
    """A connection, and when it was used last."""

    __slots__ = ("answer", "socket", "used")

    def __init__(self, opened: Socket) -> None:
        self.socket = opened
        self.answer = Answer(opened.recv)
        self.used = 0.0


class BlockingPort:
    """A Network port. One request at a time uses a connection; as many are opened as are needed at once.

    Redirects are never followed, answers are not unpacked, cookies and proxies are not used.
    """

    def __init__(self, dial: Dial, agent: str = AGENT) -> None:
        self._dial = dial
        self._agent = agent
        self._idle: dict[tuple[str, str], deque[Line]] = {}
        self.requests = 0
        """How many were sent."""

    async def send(self, request: Request, timeout: float = 10.0) -> Response:
        """The peer's answer; NetworkError when none came within `timeout` seconds."""
        scheme, authority, path, query = split(request.url)
        if scheme not in DEFAULT_PORTS:
            raise NetworkError(f"no such scheme: {scheme[:20]!r}", sent=False)
        head = self._head(request, authority, f"{path}?{query}" if query else path)
        self.requests += 1
        place = scheme, authority
        end = monotonic() + timeout
        line = self._kept(place)
        if line is not None:
            try:
                return await self._over(line, place, request, head, end)
            except _Stale as stale:
                # Closed while it lay idle. Whether a POST was acted on cannot be known.
                if request.method not in _AGAIN or not isinstance(request.body, bytes | FileSlice):
                    raise NetworkError("connection reset") from stale
        try:
            line = Line(self._dial(scheme, authority, max(end - monotonic(), 0.001)))
        except (OSError, ValueError) as error:
            raise translated(error) from error
        try:
            return await self._over(line, place, request, head, end)
        except _Stale as stale:
            raise NetworkError("connection reset") from stale

    def close(self) -> None:
        """Close what lies idle."""
        for lines in self._idle.values():
            for line in lines:
                line.socket.close()
        self._idle.clear()

    def _kept(self, place: tuple[str, str]) -> Line | None:
        lines = self._idle.get(place)
        while lines:
            line = lines.pop()
            if monotonic() - line.used < IDLE:
                return line
            line.socket.close()
        return None

    def _give_back(self, place: tuple[str, str], line: Line) -> None:
        lines = self._idle.get(place)
        if lines is None:
            lines = self._idle[place] = deque()
        if len(lines) < MOST_IDLE:
            line.used = monotonic()
            lines.append(line)
        else:
            line.socket.close()

    def _head(self, request: Request, authority: str, target: str) -> bytes:
        body, headers = request.body, request.headers
        if body == b"" and request.method not in ("POST", "PUT"):
            return _said_again(request.method, authority, target, self._agent, tuple(headers.items()), "")
        if isinstance(body, bytes):
            framing = f"Content-Length: {len(body)}"
        elif isinstance(body, FileSlice):
            framing = f"Content-Length: {body.length}"
        else:
            framing = "Transfer-Encoding: chunked"
        return _said(request.method, authority, target, self._agent, tuple(headers.items()), framing)

    async def _over(
        self, line: Line, place: tuple[str, str], request: Request, head: bytes, end: float
    ) -> Response:
        connection, answer, body = line.socket, line.answer, request.body
        try:
            # Once for the request: an answer in bits may take a little longer, and is bounded by `end` below.
            connection.settimeout(max(end - monotonic(), 0.001))
            if isinstance(body, bytes):
                connection.sendall(head + body)
            else:
                connection.sendall(head)
                await _send(connection, body)
        except BaseException as error:
            connection.close()
            if isinstance(error, TimeoutError):
                raise NetworkError("timeout") from error
            if isinstance(error, OSError):
                if line.used:
                    raise _Stale from error
                raise translated(error) from error
            raise
        try:
            status, headers = answer.begin(request.method, end)
            whole = answer.whole(end)
            if whole is None:
                return Response(status, headers, self._rest(line, place))
        except BaseException as error:
            connection.close()
            if isinstance(error, TimeoutError):
                raise NetworkError("timeout") from error
            if isinstance(error, Broken):
                if line.used and not answer.begun:
                    raise _Stale from error
                raise NetworkError(str(error)) from error
            if isinstance(error, OSError):
                if line.used and not answer.begun:
                    raise _Stale from error
                raise NetworkError("the answer broke off" if answer.begun else "connection reset") from error
            raise
        if answer.keep:
            self._give_back(place, line)
        else:
            connection.close()
        return Response(status, headers, whole)

    async def _rest(self, line: Line, place: tuple[str, str]) -> Any:
        """What is too long to be held: bit by bit, each within the time that the request had."""
        try:
            while part := line.answer.part():
                yield part
        except (Broken, OSError) as error:
            raise NetworkError("the answer broke off") from error
        finally:
            if line.answer.ended and line.answer.keep:
                self._give_back(place, line)
            else:
                line.socket.close()


def _said(
    method: str, authority: str, target: str, agent: str, headers: tuple[tuple[str, str], ...], framing: str
) -> bytes:
    """The header of a request; NetworkError if it cannot be written down."""
    lines = [f"{method} {target} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: {agent}\r\n"]
    for name, value in headers:
        if name not in ("host", "user-agent", "content-length", "transfer-encoding"):
            lines.append(f"{name}: {value}\r\n")
    if framing:
        lines.append(f"{framing}\r\n")
    text = "".join(lines)
    # A line break in a value would begin a header of somebody else's choice.
    if text.count("\n") != len(lines) + 2 or text.count("\r") != len(lines) + 2 or " " in target:
        raise NetworkError("the request cannot be written down", sent=False)
    try:
        return text.encode("utf-8") + b"\r\n"
    except UnicodeEncodeError as error:
        raise NetworkError("the request cannot be written down", sent=False) from error


_said_again = lru_cache(512)(_said)
"""Who asks for a file often says the same each time."""


class _Stale(Exception):
    """A kept connection had been closed by the other side."""


async def _send(connection: Socket, body: Body) -> None:
    chunked = not isinstance(body, FileSlice)
    sent = 0
    async for part in chunks(body):
        if part:
            sent += len(part)
            connection.sendall(b"%x\r\n%b\r\n" % (len(part), part) if chunked else part)
    if isinstance(body, FileSlice) and sent != body.length:
        raise ConnectionAbortedError("the file got shorter while it was sent")
    if chunked:
        connection.sendall(b"0\r\n\r\n")


def translated(error: Exception) -> NetworkError:
    """Why a connection could not be had, in the words of the other networks."""
    match error:
        case ssl.SSLCertVerificationError():
            return NetworkError(f"no trusted TLS connection: {error.verify_message}"[:200], sent=False)
        case ssl.SSLError():
            return NetworkError(f"no trusted TLS connection: {error.reason or error}"[:200], sent=False)
        case TimeoutError():
            return NetworkError("timeout", sent=False)
        case socket.gaierror():
            return NetworkError("no such host", sent=False)
        case ConnectionRefusedError():
            return NetworkError("connection refused", sent=False)
        case OSError():
            return NetworkError(f"cannot connect: {error.strerror or error}"[:200], sent=False)
    return NetworkError("no such host", sent=False)
