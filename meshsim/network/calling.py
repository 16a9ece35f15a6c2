"""Calls to other servers over real connections, and to none but those that may be called.

A peer chooses the URLs that a site asks for: its discovery, its keys, its shares. So where a name leads is
looked up here, judged here, and that very address is connected to (SSRF; DNS rebinding). Redirects are
never followed, answers are not unpacked, cookies and proxies are not used.
"""

import asyncio
import io
import socket
import ssl
from collections.abc import AsyncIterator, Container, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import aiohttp
from aiohttp import abc
from aiohttp.helpers import is_ip_address
from msgspec.structs import replace
from yarl import URL

from meshsim.network.hosts import AGENT, DEFAULT_PORTS, Incarnation, canonical
from meshsim.network.kernel import Crashed
from meshsim.wire import Body, NetworkError, Request, Response, chunks

if TYPE_CHECKING:
    from meshsim.network.sockets import Sockets

EAGER = 1 << 20
"""Bytes of an answer that are read at once; what is longer is handed on as a stream."""

_SKIPPED = ("Accept", "Accept-Encoding", "User-Agent", "Content-Type")


class NotAllowed(OSError):
    """The address is none that this run may call."""


class Caller:
    """The way out of all hosts: one rule of who may be called.

    They have one pool of connections; or, with `apart`, each has its own, which leave from its address.
    """

    def __init__(self, sockets: "Sockets") -> None:
        self.sockets = sockets
        self.allowed: tuple[Container[IPv4Address | IPv6Address], ...] = ()
        """Networks that may be called besides the mesh itself."""
        self.tls: ssl.SSLContext | None = None
        self.own: WeakValueDictionary[object, object] = WeakValueDictionary()
        """Our ends of open connections, by address: whoever listens tells our calls from others'."""
        self.apart = False
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    def door(self, host: str, port: int) -> tuple[str, int] | None:
        """Where a host of the mesh is reached; None if it is none."""
        doors = self.sockets.doors
        found = doors.get(f"{host}:{port}") or (doors.get(host) if port in (80, 443) else None)
        if found is None and (host, port) in doors.values():
            found = (host, port)
        return found

    def may_call(self, address: str) -> bool:
        """Whether an address outside the mesh may be called."""
        there = ip_address(address.partition("%")[0])
        there = getattr(there, "ipv4_mapped", None) or there
        return any(there in network for network in self.allowed)

    async def send(self, request: Request, timeout: float, source: str) -> Response:
        """The answer; NetworkError if there was none within `timeout` seconds.

        A body that comes as a stream takes as long as it takes: then the time is that between two parts of
        it, and after the last. What goes wrong with it where it comes from is raised as it is.
        """
        scheme = request.target.scheme
        if scheme not in DEFAULT_PORTS:
            raise NetworkError(f"no such scheme: {scheme[:20]!r}", sent=False)
        passing = None
        try:
            async with asyncio.timeout(timeout) as limit:
                if not isinstance(request.body, bytes):
                    passing = _Passing(request.body, limit, timeout)
                    request = replace(request, body=passing)
                response = await self._begin(request, timeout, source)
                return await _taken(response)
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            if passing is not None and passing.failure is not None:
                raise passing.failure from error
            raise _translated(error) from error
        finally:
            if passing is not None:
                passing.limit = None

    async def _begin(self, request: Request, timeout: float, source: str) -> aiohttp.ClientResponse:
        url = URL(request.url.partition("#")[0], encoded=True)
        host = url.raw_host or ""
        door = self.door(host, url.port or 0)
        if door is None and is_ip_address(host) and not self.may_call(host):
            raise NetworkError(f"{host} may not be called", nowhere=True)
        headers = {"user-agent": AGENT, **request.headers}
        # Nobody outside could answer to an address of this machine alone.
        return await self._session(source if self.apart and door is not None else "").request(
            request.method,
            url,
            headers=headers,
            data=_outgoing(request.body),
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_read=timeout),
        )

    def _session(self, source: str) -> aiohttp.ClientSession:
        session = self._sessions.get(source)
        if session is None:
            connector = _Connector(
                self,
                resolver=_Resolver(self),
                ssl=self.tls or True,
                use_dns_cache=False,
                local_addr=(source, 0) if source else None,
            )
            session = self._sessions[source] = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=_SKIPPED,
            )
        return session

    async def close(self) -> None:
        """Close all connections."""
        for session in self._sessions.values():
            await session.close()


class SocketPort:
    """The way out of one incarnation of a host; raises Crashed once that is dead."""

    def __init__(self, sockets: "Sockets", life: Incarnation) -> None:
        self._sockets = sockets
        self._life = life

    async def send(self, request: Request, timeout: float = 10.0) -> Response:
        """The peer's answer; NetworkError when none came within `timeout` seconds."""
        sockets, life = self._sockets, self._life
        if not life.alive:
            raise Crashed(life.name)
        target = canonical(request.target.authority)
        exchange = sockets.transcript.begin(life.name, target, noted_request(request), sockets.time.now())
        try:
            if sockets.mishaps.faults:
                response = await sockets.mishaps.send(exchange, life, request, timeout)
            else:
                response = await sockets.carry(request, timeout, life.host)
            exchange.response = noted_response(response)
            return response
        except NetworkError as error:
            exchange.error = error.reason
            raise
        finally:
            exchange.ended = sockets.time.now()
            sockets.transcript.finish(exchange)
            if not life.alive:
                raise Crashed(life.name)


class _Connector(aiohttp.TCPConnector):
    """Remembers which connections are ours."""

    def __init__(self, caller: Caller, **options: Any) -> None:
        super().__init__(limit=0, limit_per_host=0, **options)
        self._caller = caller

    async def connect(self, *args: Any, **options: Any) -> Any:
        connection = await super().connect(*args, **options)
        transport = connection.transport
        if transport is not None and connection.protocol is not None:
            self._caller.own[transport.get_extra_info("sockname")] = connection.protocol
        return connection


class _Resolver(abc.AbstractResolver):
    """Names of the mesh by its own table; others by DNS, if their addresses may be called."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[Any]:
        caller = self._caller
        door = caller.door(host, port)
        if door is not None:
            return [_found(host, *door)]
        if not caller.allowed:
            raise NotAllowed(None, f"no such host in this mesh: {host}")
        loop = asyncio.get_running_loop()
        infos = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=socket.AF_UNSPEC)
        there = [str(info[4][0]) for info in infos if caller.may_call(str(info[4][0]))]
        if not there:
            raise NotAllowed(None, f"{host} leads to an address that may not be called")
        return [_found(host, address, port) for address in there]

    async def close(self) -> None:
        pass


def _found(name: str, address: str, port: int) -> abc.ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return abc.ResolveResult(
        hostname=name, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST
    )


async def _taken(response: aiohttp.ClientResponse) -> Response:
    """An answer with its body: bytes if it is short, else what comes bit by bit."""
    begun: list[bytes] = []
    size = 0
    headers = fields(response.headers)
    try:
        while size <= EAGER:
            chunk = await response.content.readany()
            if not chunk:
                response.release()
                return Response(response.status, headers, b"".join(begun))
            begun.append(chunk)
            size += len(chunk)
    except BaseException:
        response.close()
        raise
    return Response(response.status, headers, _rest(response, begun))


async def _rest(response: aiohttp.ClientResponse, begun: list[bytes]) -> AsyncIterator[bytes]:
    try:
        for chunk in begun:
            yield chunk
        while chunk := await response.content.readany():
            yield chunk
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise NetworkError("the answer broke off") from error
    finally:
        response.close()


class _Passing:
    """A body on its way out, which moves the end of the caller's patience with each part that is taken."""

    def __init__(self, body: Body, limit: asyncio.Timeout, patience: float) -> None:
        self._parts = chunks(body)
        self.limit: asyncio.Timeout | None = limit
        """None once nobody waits: an answer may come before the body is all there."""
        self._patience = patience
        self.failure: Exception | None = None
        """What went wrong where the body comes from."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        # The other side took what it was given; now it is for whoever gives the next part to be in time.
        self._wait(None)
        try:
            return await anext(self._parts)
        except StopAsyncIteration:
            raise
        except Exception as error:
            self.failure = error
            raise
        finally:
            self._wait(asyncio.get_running_loop().time() + self._patience)

    def _wait(self, until: float | None) -> None:
        if self.limit is not None and not self.limit.expired():
            self.limit.reschedule(until)


def _outgoing(body: Body) -> Any:
    if isinstance(body, bytes) and len(body) > EAGER:
        return io.BytesIO(body)  # aiohttp sends it in parts, and others get a turn
    return body if body or not isinstance(body, bytes) else None


def _translated(error: Exception) -> NetworkError:
    """What went wrong, in the words of the simulated network where it has them."""
    match error:
        case TimeoutError():
            return NetworkError("timeout")
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return NetworkError(f"no trusted TLS connection: {error}"[:200], sent=False)
        case aiohttp.ClientConnectorDNSError() | NotAllowed():
            # It may be there, and nobody could be asked.
            unsure = error.errno in (socket.EAI_AGAIN, socket.EAI_FAIL)
            return NetworkError("no such host", sent=False, nowhere=not unsure)
        case aiohttp.ClientConnectorError() | ConnectionRefusedError():
            return NetworkError("connection refused", sent=False)
        case aiohttp.InvalidURL():
            return NetworkError("no such host", nowhere=True)
        case aiohttp.ClientPayloadError():
            return NetworkError("the answer broke off")
        case aiohttp.ClientResponseError():
            return NetworkError("the answer is no HTTP")
        case aiohttp.ClientError() | OSError():
            return NetworkError("connection reset")
    return NetworkError("the request cannot be written down", sent=False)


def fields(pairs: Mapping[str, str]) -> dict[str, str]:
    """Fields as `wire.Headers`: lower case, those of one name joined."""
    found: dict[str, str] = {}
    for name, value in pairs.items():
        name = name.lower()
        before = found.get(name)
        # RFC 9110, 5.3; and RFC 6265, 5.4 for cookies, which use another separator.
        found[name] = value if before is None else f"{before}{'; ' if name == 'cookie' else ', '}{value}"
    return found


def noted_request(request: Request) -> Request:
    """A request as the transcript keeps it: a stream goes by, and is not kept."""
    if isinstance(request.body, bytes):
        return request
    return Request(request.method, request.url, request.headers, b"", request.remote)


def noted_response(response: Response) -> Response:
    """An answer as the transcript keeps it."""
    return response if isinstance(response.body, bytes) else Response(response.status, response.headers)
