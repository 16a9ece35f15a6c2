"""The suite on real sockets: how it calls a site, and where its own servers listen.

The loop runs only while a test waits for something, as the kernel does in a simulation. So a test and its
servers are never at work at the same time.
"""

import asyncio
import errno
import itertools
import os
import socket
import ssl
from collections.abc import Callable, Coroutine
from functools import cached_property
from ipaddress import ip_address, ip_network
from time import time
from typing import Any, TypeVar

from conformance.targets import Misuse
from meshsim import __version__
from meshsim.network.serving import CannotListen, Server, bound
from meshsim.network.sockets import Sockets
from meshsim.wire import BodyTooLarge, NetworkError, Request, Response, read

T = TypeVar("T")

LIMIT = 10.0
"""Seconds until an answer must be there, as OCM-DISC-001 has it."""

MAX_BODY = 4 * 1024 * 1024
AGENT = f"meshsim-conformance/{__version__}"
LOOK = 0.02
QUIET = 0.4
"""Seconds without a request after which the site is taken to have said what it had to say."""
SLOW = 4
"""The same in times of what its answers take, where that is more."""
PORTS = 1000
"""Ports that are tried after the first."""
FIRST, SPAN, PACE = 10_000, 22_000, 10
"""Where ports begin by themselves: below those that systems give to callers, and a few more every second."""

EVERYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))


class Public:
    """All addresses of the public Internet: a site there leads nobody into a network that is not."""

    def __contains__(self, address: Any) -> bool:
        return bool(address.is_global)


class Peers:
    """What the site may call the suite's servers: `HOST[:PORT]`, or `*.HOST[:PORT]`.

    Each server has a port of its own, from PORT upwards; with `*.` each has a name instead, and all of them
    one port. Without PORT it starts where no other run of the last half hour has been, since sites remember
    the servers they met.
    """

    def __init__(self, text: str, tls: bool, option: str = "--peer") -> None:
        self._option = option
        self.wild = text.startswith("*.")
        name, colon, port = text.removeprefix("*.").rpartition(":")
        if not colon or port.endswith("]"):
            name, colon, port = text.removeprefix("*."), "", ""
        plain = name.strip("[]")
        fits = port.isdecimal() and 0 < int(port) < 65536 if colon else True
        if not plain or "/" in plain or not fits:
            raise Misuse(f"{option} {text!r}: write HOST, HOST:PORT or *.HOST:PORT, as the site reaches you")
        self.name = name
        default = 443 if tls else 80
        self._port = int(port) if port else default if self.wild else FIRST + int(time() * PACE) % SPAN
        self._shown = "" if self._port == default else f":{self._port}"
        self._next = itertools.count(self._port)
        self._label = itertools.count(1)
        self._address = _address_of(plain)

    def open(self) -> tuple[str, socket.socket | None]:
        """The authority of a new server, and the socket it listens on; Misuse if there is none."""
        if self.wild:
            number = next(self._label)
            door = self._bound(self._port) if number == 1 else None
            return f"check{number}.{self.name}{self._shown}", door
        for port in itertools.islice(self._next, PORTS):
            if port > 65535:
                break
            try:
                return f"{self.name}:{port}", self._bound(port)
            except Misuse:
                continue
        raise Misuse(f"{self._option}: no port from {self._port} upwards is free; give another")

    def _bound(self, port: int) -> socket.socket:
        try:
            return bound(self._address, port)
        except CannotListen as error:
            # Behind a router the address that others see is none of ours.
            cause = error.__cause__
            if isinstance(cause, OSError) and cause.errno == errno.EADDRNOTAVAIL:
                try:
                    return bound("0.0.0.0", port)  # noqa: S104 - the site has to reach us
                except CannotListen as second:
                    error = second
            raise Misuse(f"{self._option}: {str(error).partition(';')[0]}") from error


def _address_of(name: str) -> str:
    """Where to listen for that name; all addresses if it cannot be looked up from here."""
    try:
        found = [str(info[4][0]) for info in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)]
    except OSError:
        return "0.0.0.0"  # noqa: S104
    return next((address for address in found if ":" not in address), found[0])


class Reach:
    """One run's way to a real site and back. `certificate` is a PEM file with chain and key."""

    def __init__(
        self,
        host: str,
        *,
        peer: str | None = None,
        certificate: str | None = None,
        authority: str | None = None,
    ) -> None:
        self.host = host
        self.scheme = "https" if certificate else "http"
        self.peers = Peers(peer, certificate is not None) if peer else None
        self._certificate = _certificate(certificate) if certificate else None
        self._trusted = _trusting(authority)
        self._runner = asyncio.Runner()
        self._keyboard: Keyboard | None = None
        self._last = 0.0
        self._pace = 0.0
        """Seconds that answers take of late."""

    @cached_property
    def sockets(self) -> Sockets:
        """Made at the first use, like the loop; whoever used them calls `close`."""
        sockets = Sockets(self._runner.get_loop())
        sockets.caller.allowed = EVERYWHERE
        sockets.caller.tls = self._trusted
        return sockets

    @cached_property
    def _server(self) -> Server:
        return Server(self.sockets, tls=self._certificate)

    def look_up(self) -> bool:
        """Whether the site is at public addresses alone; Misuse if there is no such host."""
        self._keyboard = Keyboard()
        name = self.host.rpartition(":")[0] if not self.host.endswith("]") and ":" in self.host else self.host
        try:
            infos = socket.getaddrinfo(name.strip("[]"), None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise Misuse(f"there is no host {name}: {error}") from error
        public = all(ip_address(str(info[4][0]).partition("%")[0]).is_global for info in infos)
        if public:
            self.sockets.caller.allowed = (Public(),)
        return public

    def send(self, request: Request) -> Response:
        """The answer, whole; NetworkError if there was none."""
        return self.run(self._send(request))

    async def _send(self, request: Request) -> Response:
        headers = {"user-agent": AGENT, **request.headers}
        asked = Request(request.method, request.url, headers, request.body)
        began = self.sockets.loop.time()
        try:
            async with asyncio.timeout(LIMIT):
                answer = await self.sockets.caller.send(asked, LIMIT, "")
                return Response(answer.status, answer.headers, await read(answer.body, MAX_BODY))
        except TimeoutError as error:
            raise NetworkError("timeout") from error
        except BodyTooLarge as error:
            raise NetworkError(f"an answer of more than {MAX_BODY >> 20} MiB") from error
        finally:
            self._pace = max(self.sockets.loop.time() - began, 0.9 * self._pace)

    def listen(self, answer: Callable[[Request], Response]) -> tuple[str, Callable[[], None]]:
        """Let `answer` be a server: its host, and what closes it. Only where `peers` are."""
        if self.peers is None:
            raise LookupError("no --peer")
        authority, door = self.peers.open()
        listener = None if door is None else self.run(self._server.listen(door))
        self.sockets.names[authority] = authority

        async def handle(request: Request) -> Response:
            try:
                body = await read(request.body, MAX_BODY)
            except BodyTooLarge:
                return Response(413)
            self._last = self.sockets.loop.time()
            return answer(Request(request.method, request.url, request.headers, body, request.remote))

        self.sockets.hosts.get(authority).factory = lambda life: handle

        def close() -> None:
            del self.sockets.names[authority]
            if listener is not None and self.peers is not None and not self.peers.wild:
                listener.close()

        return authority, close

    def ask(self, text: str) -> str | None:
        """A line from whoever sits at the keyboard; None at the end of the input."""
        return None if self._keyboard is None else self.run(self._keyboard.ask(text))

    def wait(self, seconds: float) -> None:
        """Let real time pass; our servers answer meanwhile."""
        self.run(asyncio.sleep(seconds))

    def settle(self, limit: float) -> None:
        """Return once the site has been silent for a while, at the latest after `limit` seconds."""
        self.run(self._silence(limit))

    async def _silence(self, limit: float) -> None:
        clock = self.sockets.loop.time
        began = self._last = clock()
        # A site that is slow to answer is slow to speak.
        quiet = max(QUIET, SLOW * self._pace)
        while clock() - self._last < quiet and clock() - began < limit:
            await asyncio.sleep(LOOK)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Await something; our servers answer meanwhile."""
        return self._runner.run(work)

    def close(self) -> None:
        """Let go of all ports and connections."""
        if self._keyboard is not None:
            self._keyboard.close()
            self._keyboard = None
        try:
            if "sockets" in vars(self):
                self._runner.run(self._close())
        finally:
            self._runner.close()

    async def _close(self) -> None:
        await self._server.close()
        await self.sockets.close()


class Keyboard:
    """The terminal as it was when the run began: pytest takes the streams away while tests run."""

    def __init__(self) -> None:
        self._in, self._out = os.dup(0), os.dup(2)
        self._held = b""

    async def ask(self, text: str) -> str | None:
        """Write a question, and wait for a line."""
        os.write(self._out, f"\n{text}\n> ".encode())
        while b"\n" not in self._held:
            more = await self._read()
            if not more:
                return None
            self._held += more
        line, _, self._held = self._held.partition(b"\n")
        return line.decode(errors="replace").strip()

    async def _read(self) -> bytes:
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        try:
            loop.add_reader(self._in, lambda: ready.done() or ready.set_result(None))
        except PermissionError:  # a plain file is always ready, and cannot be waited for
            return os.read(self._in, 4096)
        try:
            await ready
        finally:
            loop.remove_reader(self._in)
        return os.read(self._in, 4096)

    def close(self) -> None:
        """Let go of it."""
        os.close(self._in)
        os.close(self._out)


def _trusting(authority: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if authority is not None:
        try:
            context.load_verify_locations(cafile=authority)
        except (OSError, ssl.SSLError) as error:
            raise Misuse(f"--ca {authority}: {error}") from error
    return context


def _certificate(file: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(file)
    except (OSError, ssl.SSLError) as error:
        raise Misuse(f"--peer-cert {file}: {error}; it takes a PEM file with certificate and key") from error
    return context
