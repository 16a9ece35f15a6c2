"""Listening: aiohttp's low-level server, one for all sites, and one dispatcher by Host name.

No aiohttp Application, no router, no middleware: a request is looked up in one dictionary and given to
its site as a value. The hot path is `Server._answer`, `_serve`, `_give`: a body up to SMALL is read at once
and anything longer is a stream, files leave by `loop.sendfile`, what a site answers as bytes leaves in one
write.
Whatever is malformed is refused by the parser before it comes here.
"""

import asyncio
import errno
import os
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec
from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.web_protocol import RequestHandler

from meshsim.network.calling import AGENT, fields, noted_request, noted_response
from meshsim.network.hosts import Host, canonical
from meshsim.network.kernel import Crashed
from meshsim.wire import FileSlice, NetworkError, Request, Response

if TYPE_CHECKING:
    from meshsim.network.sockets import Sockets

SMALL = 64 * 1024
"""Bytes of a body that is read at once."""

OUR_FAULT = "this is our own fault; the log says more"

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
)
# What RFC 3986 lets a request-target consist of; anything else was sent raw and is percent-encoded.
_TARGET = "!#$%&'()*+,/:;=?@[]~|\"<>^`{}\\"


class Limits(msgspec.Struct, frozen=True):
    """What whoever connects may take. Times are in seconds, sizes in bytes."""

    line: int = 8190
    """The request line."""
    field: int = 8190
    """One header field; its number is 128 at most."""
    head: float = 10.0
    """From connecting to the end of the first header, and for a TLS handshake."""
    idle: float = 75.0
    """Between two requests, and the next header."""
    pause: float = 30.0
    """Between two pieces of a body, or until a reader takes one."""
    rate: int = 1024
    """Bytes a second that a body must come with on average, once `pause` has passed."""
    connections: int = 8192
    per_peer: int = 4096
    """Connections of one address. All of a mesh on loopback is one address."""
    shutdown: float = 30.0
    """For requests that were accepted before the end."""


class Server:
    """Serves every host of `sockets` on whatever sockets it is given."""

    def __init__(
        self, sockets: "Sockets", limits: Limits | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.sockets = sockets
        self.limits = limits or Limits()
        self.scheme = "https" if tls else "http"
        self._tls = tls
        self._listeners: list[asyncio.Server] = []
        self.peers: Counter[str] = Counter()
        self.closing = False
        self._web = _Web(self)
        sockets.on_crash.append(self._crashed)

    async def listen(self, door: socket.socket) -> None:
        """Accept connections there."""
        options: dict[str, Any] = {}
        if self._tls is not None:
            options = {"ssl": self._tls, "ssl_handshake_timeout": self.limits.head}
        listener = await self.sockets.loop.create_server(self._web, sock=door, backlog=1024, **options)
        self._listeners.append(listener)

    async def close(self) -> None:
        """Accept nothing new, finish what was accepted, and close."""
        self.closing = True
        for listener in self._listeners:
            listener.close()
        self._web.pre_shutdown()
        await self._web.shutdown(self.limits.shutdown)

    def _crashed(self, host: Host) -> None:
        for connection in self._web.connections:
            if isinstance(connection, Connection) and connection.host is host:
                connection.abort()

    async def _answer(self, incoming: web.BaseRequest) -> web.StreamResponse:
        named = incoming.headers.getall("Host", ())
        target = incoming.raw_path
        authority = named[0] if len(named) == 1 else ""
        if not target.startswith("/"):
            if incoming.method == "OPTIONS" and target == "*":
                return web.Response(status=200, headers={"Allow": "OPTIONS"})
            scheme, colon, rest = target.partition("://")
            if not colon or scheme.lower() not in ("http", "https"):
                return _told(400, "the request-target is neither a path nor a URL")
            # RFC 9112, 3.2.2: the absolute form overrides Host.
            authority, slash, path = rest.partition("/")
            target = slash + path or "/"
        if not authority:
            return _told(400, "one Host field is needed")
        sockets = self.sockets
        place = sockets.place(authority) or sockets.place(canonical(authority).removesuffix("."))
        if place is None:
            return _told(421, "no site of this mesh has that name; open it by the URL it was printed with")
        connection: Any = incoming.protocol
        connection.host = place
        if not place.life.alive:
            connection.abort()
            return web.Response(status=503)
        if not target.isascii():
            target = quote(target.encode("utf-8", "surrogateescape"), safe=_TARGET)
        return await self._serve(place, incoming, f"{self.scheme}://{authority}{target}")

    async def _serve(self, place: Host, incoming: web.BaseRequest, url: str) -> web.StreamResponse:
        sockets, connection = self.sockets, incoming.protocol
        headers = fields(incoming.headers)
        if headers.get("expect", "100-continue").lower() != "100-continue":
            return _told(417, "of expectations, only 100-continue is met")
        sockets.under_way += 1
        exchange = None
        try:
            body: bytes | AsyncIterator[bytes] = b""
            if incoming.can_read_body:
                body = self._stream(incoming, headers)
                if (incoming.content_length or SMALL + 1) <= SMALL:
                    body = b"".join([chunk async for chunk in body])
            request = Request(incoming.method, url, headers, body, incoming.remote or "")
            peername = incoming.transport and incoming.transport.get_extra_info("peername")
            if peername not in sockets.caller.own:
                exchange = sockets.transcript.begin(
                    request.remote, place.name, noted_request(request), sockets.time.now()
                )
            response = await (place.handler or place.start())(request)
            if exchange is not None:
                exchange.response = noted_response(response)
            return await self._give(incoming, response)
        except Crashed:
            place.life.die()
            connection.abort()  # type: ignore[attr-defined]
            return web.Response(status=503)
        except TooSlow:
            return _told(408, "the request came too slowly")
        except (web.RequestPayloadError, NetworkError, ConnectionError):
            # The caller broke off, or what we pass on did: no answer can be right any more.
            connection.abort()  # type: ignore[attr-defined]
            return web.Response(status=400)
        except Exception as error:
            sockets.report(error, place.name)
            return _told(500, OUR_FAULT)
        finally:
            sockets.under_way -= 1
            if exchange is not None:
                exchange.ended = sockets.time.now()
                sockets.transcript.finish(exchange)

    async def _stream(self, incoming: web.BaseRequest, headers: dict[str, str]) -> AsyncIterator[bytes]:
        """A body bit by bit; the sender is told to go on when somebody begins to read."""
        limits, loop, content = self.limits, self.sockets.loop, incoming.content
        if "expect" in headers:
            await incoming.writer.write(_CONTINUE)
            incoming.writer.output_size = 0
        began, size = loop.time(), 0
        while True:
            try:
                async with asyncio.timeout(limits.pause):
                    chunk = await content.readany()
            except TimeoutError as error:
                raise TooSlow from error
            if not chunk:
                return
            size += len(chunk)
            spent = loop.time() - began
            if spent > limits.pause and size < limits.rate * spent:
                raise TooSlow
            yield chunk

    async def _give(self, incoming: web.BaseRequest, response: Response) -> web.StreamResponse:
        body, headers = response.body, response.headers
        if not all(map(str.isascii, headers.values())):
            headers = {name: value.encode("utf-8", "replace").decode() for name, value in headers.items()}
        headers = {**headers, "server": AGENT}
        if self.closing:
            headers["connection"] = "close"
        if isinstance(body, bytes):
            return web.Response(status=response.status, headers=headers, body=body)
        answer = web.StreamResponse(status=response.status, headers=headers)
        if isinstance(body, FileSlice):
            answer.content_length = body.length
        writer = await answer.prepare(incoming)
        if writer is None or incoming.method == "HEAD":
            return answer
        if isinstance(body, FileSlice):
            await self._send_file(incoming, body)
        else:
            async for chunk in body:
                async with asyncio.timeout(self.limits.pause):
                    await answer.write(chunk)
        await answer.write_eof()
        return answer

    async def _send_file(self, incoming: web.BaseRequest, body: FileSlice) -> None:
        transport = incoming.transport
        if transport is None:
            raise ConnectionResetError("the caller has gone")
        writer: AbstractStreamWriter = incoming.writer
        send_headers = getattr(writer, "send_headers", None)
        if send_headers is not None:
            send_headers()  # aiohttp keeps them back, to write them with the first of the body
        patience = self.limits.pause + body.length / self.limits.rate
        async with asyncio.timeout(patience):
            opened = body.opened()
            # A descriptor of its own: the position in the file and its closing are then nobody else's.
            with os.fdopen(os.dup(opened.number), "rb") as file:
                await self.sockets.loop.sendfile(transport, file, body.offset, body.length)


class CannotListen(OSError):
    """A port is taken, or the address is not ours."""


class TooSlow(Exception):
    """A body does not come on."""


def bound(address: str, port: int) -> socket.socket:
    """A socket at that address, yet to be listened to; CannotListen with what to do about it."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((address, port))
    except OSError as error:
        door.close()
        reason = "it is taken" if error.errno == errno.EADDRINUSE else error.strerror
        hint = "choose another with --port, or 0 for any that is free"
        raise CannotListen(f"cannot listen at {address} port {port}: {reason}; {hint}") from error
    return door


class Connection(RequestHandler):
    """One connection: counted, and closed if its first request does not come."""

    __slots__ = ("_late", "_peer", "_server", "host")

    def __init__(self, server: Server, manager: web.Server, **options: Any) -> None:
        super().__init__(manager, loop=server.sockets.loop, **options)
        self._server = server
        self._peer = ""
        self._late: asyncio.TimerHandle | None = None
        self.host: Host | None = None
        """Whom the last request was for."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, or say that there are too many."""
        super().connection_made(transport)
        server, limits = self._server, self._server.limits
        self._peer = (transport.get_extra_info("peername") or ("",))[0]
        server.peers[self._peer] += 1
        total = server.peers.total() if len(server.peers) < 2 else sum(server.peers.values())
        if total > limits.connections or server.peers[self._peer] > limits.per_peer:
            assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
            transport.write(_FULL)
            self.force_close()
            return
        self._late = server.sockets.loop.call_later(limits.head, self._check_begun)

    def connection_lost(self, error: BaseException | None) -> None:
        """Forget the connection."""
        if self._peer:
            self._server.peers[self._peer] -= 1
            if not self._server.peers[self._peer]:
                del self._server.peers[self._peer]
        if self._late is not None:
            self._late.cancel()
        super().connection_lost(error)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Refuse what the parser refuses; that is the caller's fault and nothing for the log."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was under way")
        if status >= 500 and exc is not None:
            self._server.sockets.report(exc, "the server")
        answer = _told(status, "this is no HTTP request that can be read" if status < 500 else OUR_FAULT)
        answer.force_close()
        return answer

    def abort(self) -> None:
        """Break the connection off, as a host does that goes down."""
        if self.transport is not None:
            self.transport.abort()

    def _check_begun(self) -> None:
        if self._request_count == 0 and self._current_request is None:
            self.force_close()


class _Web(web.Server):
    """aiohttp's manager of connections, making ours."""

    def __init__(self, server: Server) -> None:
        super().__init__(server._answer, loop=server.sockets.loop)
        self._server = server

    def __call__(self) -> RequestHandler:
        limits = self._server.limits
        return Connection(
            self._server,
            self,
            max_line_size=limits.line,
            max_field_size=limits.field,
            keepalive_timeout=limits.idle,
            lingering_time=2.0,
            auto_decompress=False,
            access_log=None,
        )


def _told(status: int, message: str) -> web.Response:
    return web.Response(status=status, headers={"server": AGENT}, text=f"{message}\n")
