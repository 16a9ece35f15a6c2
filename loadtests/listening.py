"""Where the peers of a load run are reached: HTTP/1.1 under greenlets, with the limits of a served site.

A target calls few of our endpoints, and each only for a while: discovery, keys, notifications, tokens, files.
So this is less than `meshsim.network.serving`, which needs an event loop that greenlets do not have.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import httptools
from gevent import socket
from gevent.server import StreamServer

from meshsim.network.blocking import complete
from meshsim.network.hosts import AGENT
from meshsim.network.http1 import HEAD_LIMIT, told
from meshsim.wire import Request, Response, chunks

BODY_LIMIT = 64 << 20
"""Bytes of a request: what a target writes into a file of a peer."""
PATIENCE = 30.0
"""Seconds that a request may pause."""

Answering = Callable[[Request], Awaitable[Response]]


class Refused(Exception):
    """The request cannot be taken."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Listening:
    """One peer's port. Requests are answered one at a time on each connection."""

    def __init__(self, door: Any, base: str, answering: Answering, tls: Any = None) -> None:
        self.base = base
        self.answering = answering
        self.errors: list[BaseException] = []
        self.reached = 0
        """Connections that were made, and became TLS where there is any."""
        self.turned_down = ""
        """Why a caller last broke off before it asked anything, such as that it does not trust us."""
        self._tls = tls
        self._open: set[Any] = set()
        self._server = StreamServer(door, self._serve)
        self._server.start()

    def close(self) -> None:
        """Listen no more, and break off what is under way, as a host that went down."""
        self._server.stop(timeout=0)
        for connection in list(self._open):
            connection.close()

    def _serve(self, connection: Any, peer: Any) -> None:
        self._open.add(connection)
        try:
            connection.settimeout(PATIENCE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                plain, connection = connection, self._secured(connection)
                self._open.discard(plain)
                self._open.add(connection)
            self.reached += 1
            reader = _Reader(connection, self.base, peer[0])
            while (request := reader.next()) is not None:
                response = self._answered(request)
                _write(connection, request.method, response, reader.keep)
                if not reader.keep:
                    break
        except Refused as refused:
            _write(connection, "GET", told(refused.status, str(refused)), False)
        except OSError:
            pass  # the caller has gone
        finally:
            self._open.discard(connection)
            connection.close()

    def _secured(self, connection: Any) -> Any:
        try:
            return self._tls.wrap_socket(connection, server_side=True)
        except OSError as error:
            self.turned_down = str(getattr(error, "reason", "") or error)
            raise

    def _answered(self, request: Request) -> Response:
        try:
            return complete(_one(self.answering, request))
        except Exception as error:
            self.errors.append(error)
            return told(500, "this is our own fault")


async def _one(answering: Answering, request: Request) -> Response:
    return await answering(request)


class _Reader:
    def __init__(self, connection: Any, base: str, remote: str) -> None:
        self._connection, self._base, self._remote = connection, base, remote
        self._parser = httptools.HttpRequestParser(self)
        self._ready: list[Request] = []
        self._begin()
        self.keep = True

    def next(self) -> Request | None:
        while not self._ready:
            data = self._connection.recv(65536)
            if not data:
                return None
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserCallbackError as error:
                inner = error.__context__
                raise inner if isinstance(inner, Refused) else Refused(400, "no HTTP/1.1") from error
            except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
                raise Refused(400, "no HTTP/1.1") from error
        return self._ready.pop(0)

    def _begin(self) -> None:
        self._url, self._headers, self._body = b"", {}, []  # type: ignore[var-annotated]
        self._size = self._head = 0

    def on_message_begin(self) -> None:
        self._begin()

    def on_url(self, url: bytes) -> None:
        self._url += url
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        key, text = name.decode("latin-1").lower(), value.decode("utf-8", "surrogateescape")
        before = self._headers.get(key)
        self._headers[key] = text if before is None else f"{before}, {text}"

    def on_headers_complete(self) -> None:
        if self._headers.get("expect", "").lower() == "100-continue":
            self._connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        if self._size > BODY_LIMIT:
            raise Refused(413, "too large")
        self._body.append(body)

    def on_message_complete(self) -> None:
        target = self._url.decode("ascii", "replace")
        url = self._base + target if target.startswith("/") else target
        self.keep = self._parser.should_keep_alive()
        method = self._parser.get_method().decode("latin-1")
        self._ready.append(Request(method, url, self._headers, b"".join(self._body), self._remote))

    def _count(self, size: int) -> None:
        self._head += size
        if self._head > HEAD_LIMIT:
            raise Refused(431, "the header is too long")


def _write(connection: Any, method: str, response: Response, keep: bool) -> None:
    body, headers = response.body, dict(response.headers)
    if not isinstance(body, bytes):
        body = complete(_read(body))
    bare = response.status in (204, 304)
    if not bare and not (method == "HEAD" and "content-length" in headers):
        headers["content-length"] = str(len(body))
    headers["server"] = AGENT
    if not keep:
        headers["connection"] = "close"
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {response.status} \r\n{fields}\r\n".encode("utf-8", "replace")
    connection.sendall(head if bare or method == "HEAD" else head + body)


async def _read(body: Any) -> bytes:
    return b"".join([part async for part in chunks(body)])
