"""The names of a mesh on sockets, as DNS: a small server that answers for them, and look-ups of sites.

The server is right for the hosts of the mesh and for their block of addresses, and refuses to speak of
anything else: it never asks others, so that it can be used to reach nobody.
"""

import asyncio
import errno
import socket
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import dns.asyncresolver
import dns.exception
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.resolver
import dns.reversename
import dns.rrset

from meshsim.network.hosts import Hosts
from meshsim.network.serving import CannotListen
from meshsim.wire import NetworkError, hostname

if TYPE_CHECKING:
    from meshsim.network.sockets import Sockets

TTL = 60
"""Seconds for which others may remember an answer."""

LONGEST = 4096
"""Octets of a question over TCP."""

PAYLOAD = 1232
"""Octets of an answer that may go in one datagram (DNS flag day 2020); ours are shorter."""

IDLE = 10.0
"""Seconds after which a TCP connection that asks nothing is closed."""

CONNECTIONS = 64
"""TCP connections at a time."""

PATIENCE = 3.0
"""Seconds that a look-up may take: two of them are made before a caller who waits ten gives up."""

_HEADER = 12
_RESPONSE, _RECURSION, _OPCODE = 0x8000, 0x0100, 0x7800


class Answers:
    """What the name service of a mesh says: question in, answer out, in the octets of RFC 1035."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts

    def answer(self, asked: bytes) -> bytes | None:
        """The answer; None for what must not be answered, such as another answer."""
        if len(asked) < _HEADER or int.from_bytes(asked[2:4], "big") & _RESPONSE:
            return None
        try:
            query = dns.message.from_wire(asked)
            return self._answered(query).to_wire()
        except Exception:
            # Whatever the library makes of garbage, the caller made it.
            return _bare(asked, dns.rcode.FORMERR)

    def _answered(self, query: dns.message.Message) -> dns.message.Message:
        if query.opcode() != dns.opcode.QUERY or not isinstance(query, dns.message.QueryMessage):
            answer = dns.message.Message(query.id)
            answer.flags = dns.flags.QR | (query.flags & dns.flags.RD)
            answer.set_opcode(query.opcode())
            answer.set_rcode(dns.rcode.NOTIMP)
            return answer
        if len(query.question) != 1:
            raise dns.exception.FormError
        answer = dns.message.make_response(query, our_payload=PAYLOAD)
        (question,) = query.question
        if query.edns > 0:
            answer.use_edns(0, payload=PAYLOAD)
            answer.set_rcode(dns.rcode.BADVERS)
            return answer
        name = question.name.to_text(omit_final_dot=True).lower()
        found = self._look_up(name) if question.rdclass == dns.rdataclass.IN else None
        if found is None:
            answer.set_rcode(dns.rcode.REFUSED)
            return answer
        answer.flags |= dns.flags.AA
        kind, value = found
        if not value:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif question.rdtype in (kind, dns.rdatatype.ANY):
            answer.answer.append(dns.rrset.from_text(question.name, TTL, dns.rdataclass.IN, kind, value))
        return answer

    def _look_up(self, name: str) -> tuple[dns.rdatatype.RdataType, str] | None:
        """The one record of a name, empty if it has none; None if the name is not ours."""
        hosts = self._hosts
        if name.endswith(".in-addr.arpa"):
            labels = name.removesuffix(".in-addr.arpa").split(".")
            try:
                address = ip_address(".".join(reversed(labels)))
            except ValueError:
                return None
            if address not in hosts.block:
                return None
            found = hosts.name_of(str(address))
            return dns.rdatatype.PTR, f"{hostname(found)}." if found else ""
        address_of = hosts.address_of(name)
        return None if address_of is None else (dns.rdatatype.A, address_of)


def _bare(asked: bytes, code: int) -> bytes:
    """An answer that says nothing but that the question is none."""
    flags = int.from_bytes(asked[2:4], "big") & (_OPCODE | _RECURSION) | _RESPONSE | code
    return asked[:2] + flags.to_bytes(2, "big") + bytes(_HEADER - 4)


def bound(address: str, port: int) -> tuple[socket.socket, socket.socket]:
    """A socket for datagrams and one for connections, at one port; CannotListen if there is none."""
    for _ in range(100):
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        connections = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            datagrams.bind((address, port))
            connections.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            connections.bind(datagrams.getsockname())
            return datagrams, connections
        except OSError as error:
            datagrams.close()
            connections.close()
            # A port that is free for datagrams may be taken for connections.
            if port or error.errno != errno.EADDRINUSE:
                raise CannotListen(address, port, error) from error
    raise OSError(errno.EADDRINUSE, f"no port of {address} is free for both UDP and TCP")


class NameServer:
    """Answers over UDP and TCP."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._transport: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def listen(self, datagrams: socket.socket, connections: socket.socket) -> None:
        """Answer there from now on."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self._answers), sock=datagrams
        )
        self._server = await asyncio.start_server(self._talk, sock=connections, limit=LONGEST)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            # RFC 7766: one question after the other, each after its length.
            while len(self._open) <= CONNECTIONS:
                async with asyncio.timeout(IDLE):
                    length = int.from_bytes(await reader.readexactly(2), "big")
                    if length > LONGEST:
                        break
                    answer = self._answers.answer(await reader.readexactly(length))
                    if answer is None:
                        break
                    writer.write(len(answer).to_bytes(2, "big") + answer)
                    await writer.drain()
        except (asyncio.IncompleteReadError, TimeoutError, ConnectionError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def close(self) -> None:
        """Answer nobody any more."""
        if self._transport is not None:
            self._transport.close()
        if self._server is not None:
            self._server.close()
            for writer in list(self._open):
                writer.transport.abort()
            await self._server.wait_closed()


class _Datagrams(asyncio.DatagramProtocol):
    """One answer for one datagram, to where it says it came from."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        answer = self._answers.answer(data)
        if answer is not None:
            self._transport.sendto(answer, address)


class LookUps:
    """The name service as sites ask it: the mesh's own server for its hosts, the system's for all others.

    Who may call from elsewhere, or be called there, is looked up there: with `beyond`, or where the mesh may
    call others. Else there is nobody but the mesh.
    """

    def __init__(self, sockets: "Sockets", server: tuple[str, int] | None, *, beyond: bool) -> None:
        self._sockets = sockets
        self._hosts = sockets.hosts
        self._own = None
        if server is not None:
            self._own = dns.asyncresolver.Resolver(configure=False)
            self._own.nameservers, self._own.port = [server[0]], server[1]
        self._beyond = beyond
        self._system: dns.asyncresolver.Resolver | None = None

    async def names(self, address: str) -> tuple[str, ...]:
        """The names that an address has in reverse; NetworkError without an answer."""
        try:
            there = ip_address(address.partition("%")[0])
        except ValueError:
            return ()
        ours = self._own is not None and there in self._hosts.block
        name = dns.reversename.from_address(str(there))
        return tuple(
            record.target.to_text(omit_final_dot=True).lower()
            for record in await self._ask(name, dns.rdatatype.PTR, ours=ours)
        )

    async def addresses(self, name: str) -> tuple[str, ...]:
        """The addresses of a host, whatever its port; NetworkError without an answer."""
        ours = self._own is not None and self._hosts.address_of(name) is not None
        bare = hostname(name)
        with suppress(ValueError):
            return (str(ip_address(bare.strip("[]"))),)
        found: list[str] = []
        for kind in (dns.rdatatype.A,) if ours else (dns.rdatatype.A, dns.rdatatype.AAAA):
            found += [record.address for record in await self._ask(bare, kind, ours=ours)]
        return tuple(found)

    async def _ask(self, name: Any, kind: dns.rdatatype.RdataType, *, ours: bool) -> list[Any]:
        self._sockets.calls += 1
        try:
            resolver = self._own if ours else self._others()
            if resolver is None:
                return []
            answer = await resolver.resolve(
                name, kind, lifetime=PATIENCE, search=False, raise_on_no_answer=False
            )
        except dns.resolver.NXDOMAIN:
            return []
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise NetworkError(f"no answer of the name service: {type(error).__name__}") from error
        finally:
            self._sockets.calls -= 1
        return list(answer.rrset or ())

    def _others(self) -> dns.asyncresolver.Resolver | None:
        beyond = self._beyond or bool(self._sockets.caller.allowed)
        if beyond and self._system is None:
            self._system = dns.asyncresolver.Resolver()
        return self._system if beyond else None
