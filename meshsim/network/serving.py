"""Listening: one server for all sites, and one dispatcher by Host name.

No router, no middleware: a request is looked up in one dictionary and given to its site as a value.
Whatever is malformed is refused by the parser before it comes here.
"""

import asyncio
import errno
import socket
import ssl
from collections import Counter
from email.utils import formatdate
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from meshsim.network import _heads
from meshsim.network._incoming import Incoming, Refused, TooSlow
from meshsim.network._polling import Polling
from meshsim.network.calling import noted_request, noted_response
from meshsim.network.hosts import AGENT, Host, canonical
from meshsim.network.http1 import Connection, Limits, told
from meshsim.network.kernel import Crashed
from meshsim.wire import NetworkError, Request, Response

if TYPE_CHECKING:
    from meshsim.network.sockets import Sockets

OUR_FAULT = "this is our own fault; the log says more"

_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
)
# What RFC 3986 lets a request-target consist of; anything else was sent raw and is percent-encoded.
_TARGET = "!#$%&'()*+,/:;=?@[]~|\"<>^`{}\\"
_LOOK = 0.97
"""Seconds between looks at what takes too long; a tenth of the shortest patience, where that is less. Not in
step with whole seconds, at which stories plan their calls: none should meet a connection as it is closed."""


class Server:
    """Serves every host of `sockets` on whatever sockets it is given."""

    def __init__(
        self, sockets: "Sockets", limits: Limits | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.sockets = sockets
        self.limits = limits or Limits()
        self.scheme = "https" if tls else "http"
        self._tls = tls
        self.polling = Polling(sockets.loop)
        self._listeners: list[asyncio.Server] = []
        self.peers: Counter[str] = Counter()
        self.connections: set[Door] = set()
        self.closing = False
        self._timer: asyncio.TimerHandle | None = None
        self._second, self._common = -1, {"server": AGENT}
        self._look = min(_LOOK, self.limits.head / 10, self.limits.idle / 10, self.limits.pause / 10)
        sockets.on_crash.append(self._crashed)

    async def listen(self, door: socket.socket) -> asyncio.Server:
        """Accept connections there, until the server or what is returned is closed."""
        options: dict[str, Any] = {}
        if self._tls is not None:
            options = {"ssl": self._tls, "ssl_handshake_timeout": self.limits.head}
        loop = self.sockets.loop
        listener = await loop.create_server(lambda: Door(self), sock=door, backlog=1024, **options)
        self._listeners.append(listener)
        return listener

    async def close(self) -> None:
        """Accept nothing new, finish what was accepted, and close."""
        self.closing = True
        for listener in self._listeners:
            listener.close()
        for connection in list(self.connections):
            connection.finish()
        tasks = [connection.task for connection in self.connections if connection.task is not None]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self.limits.shutdown)
            for task in late:
                task.cancel()
        for connection in list(self.connections):
            connection.abort()
        if self._timer is not None:
            self._timer.cancel()
        _heads.forget()

    def common(self) -> dict[str, str]:
        """What every answer says of who gives it and when (RFC 9110, 6.6.1), made once a second."""
        second = int(self.sockets.time.now())
        if second != self._second:
            self._second = second
            self._common = {"server": AGENT, "date": formatdate(second, usegmt=True)}
        return self._common

    def watch(self) -> None:
        """Look now and then at what takes too long, while there is anything to look at."""
        if self._timer is None and not self.closing:
            self._timer = self.sockets.loop.call_later(self._look, self._check)

    def _check(self) -> None:
        self._timer = None
        now = self.sockets.loop.time()
        for connection in list(self.connections):
            connection.check(now)
        _heads.forget()
        if self.connections:
            self.watch()

    def _crashed(self, host: Host) -> None:
        for connection in list(self.connections):
            if connection.host is host:
                connection.abort()

    async def answer(self, incoming: Incoming) -> Response:
        """The answer of the site that a request is for."""
        target, authority = incoming.target, incoming.headers.get("host", "")
        if not target.startswith("/"):
            if incoming.method == "OPTIONS" and target == "*":
                return Response(200, {"allow": "OPTIONS"})
            scheme, colon, rest = target.partition("://")
            if not colon or scheme.lower() not in ("http", "https"):
                return told(400, "the request-target is neither a path nor a URL")
            # RFC 9112, 3.2.2: the absolute form overrides Host.
            authority, slash, path = rest.partition("/")
            target = slash + path or "/"
        if not authority:
            return told(400, "one Host field is needed")
        sockets = self.sockets
        place = sockets.place(authority) or sockets.place(canonical(authority).removesuffix("."))
        if place is None:
            return told(421, "no site of this mesh has that name; open it by the URL it was printed with")
        connection: Any = incoming.connection
        connection.host = place
        if not place.life.alive:
            raise ConnectionAbortedError("the host is down")
        if not target.isascii():
            target = quote(target.encode("utf-8", "surrogateescape"), safe=_TARGET)
        return await self._serve(place, incoming, f"{self.scheme}://{authority}{target}")

    async def _serve(self, place: Host, incoming: Incoming, url: str) -> Response:
        sockets = self.sockets
        request = Request(incoming.method, url, incoming.headers, incoming.body, incoming.remote)
        sockets.under_way += 1
        exchange = None
        connection: Any = incoming.connection
        try:
            if connection.peername in sockets.caller.own:
                connection.in_hand = True
                sockets.in_hand += 1
            else:
                exchange = sockets.transcript.begin(
                    request.remote, place.name, noted_request(request), sockets.time.now()
                )
            response = await (place.handler or place.start())(request)
            if exchange is not None:
                exchange.response = noted_response(response)
            return response
        except Crashed as crashed:
            place.life.die()
            raise ConnectionAbortedError("the host went down") from crashed
        except (Refused, TooSlow, ConnectionError):
            raise
        except NetworkError as error:
            # What we pass on broke off: no answer can be right any more.
            raise ConnectionAbortedError(error.reason) from error
        except Exception as error:
            sockets.report(error, place.name)
            return told(500, OUR_FAULT)
        finally:
            sockets.under_way -= 1
            connection.answered()
            if exchange is not None:
                exchange.ended = sockets.time.now()
                sockets.transcript.finish(exchange)


class CannotListen(OSError):
    """A port is taken, or the address is not ours; with what to do about it."""

    def __init__(self, address: str, port: int, error: OSError) -> None:
        reason = "it is taken" if error.errno == errno.EADDRINUSE else error.strerror
        hint = "choose another with --port, or 0 for any that is free"
        super().__init__(f"cannot listen at {address} port {port}: {reason}; {hint}")


def bound(address: str, port: int) -> socket.socket:
    """A socket at that address, yet to be listened to; CannotListen if there is none."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((address, port))
    except OSError as error:
        door.close()
        raise CannotListen(address, port, error) from error
    return door


class Door(Connection):
    """One connection of a server: counted, and turned away if there are too many."""

    def __init__(self, server: Server) -> None:
        sockets = server.sockets
        super().__init__(
            server.answer,
            server.limits,
            sockets.loop,
            lambda error: sockets.report(error, "the server"),
            server.common,
            server.polling,
        )
        self._server = server
        self.closing = server.closing
        self.host: Host | None = None
        """Whom the last request was for."""
        self.in_hand = False
        """Whether it is a call of our own, and whoever made it still waits."""

    def answered(self) -> None:
        """Nobody waits any more for what is done here; or the answer is on the wire."""
        if self.in_hand:
            self.in_hand = False
            self._server.sockets.in_hand -= 1

    def connection_made(self, transport: Any) -> None:
        """Take the connection, or say that there are too many."""
        super().connection_made(transport)
        server, limits = self._server, self._server.limits
        server.connections.add(self)
        server.peers[self.remote] += 1
        if len(server.connections) > limits.connections or server.peers[self.remote] > limits.per_peer:
            transport.write(_FULL)
            self.finish()
        server.watch()

    def connection_lost(self, error: BaseException | None) -> None:
        """Forget the connection."""
        server = self._server
        server.connections.discard(self)
        self.answered()
        server.peers[self.remote] -= 1
        if not server.peers[self.remote]:
            del server.peers[self.remote]
        super().connection_lost(error)
