"""Whom a load run may call: its target and its own peers, and nobody that one of them merely names.

A target says where its endpoints, keys and files are. Load sent wherever it pleases would be an attack on
somebody else, so each connection is judged by name and by the address that the name leads to.
"""

import ssl
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any

from gevent import socket
from gevent.ssl import PROTOCOL_TLS_CLIENT, SSLContext

from loadtests.connection import Connection
from meshsim.network.blocking import Dial
from meshsim.wire import NetworkError

PORTS = {"https": 443, "http": 80}


class NotAllowed(ValueError):
    """The target is not on loopback, and nobody said that it may be loaded."""


def addresses(host: str, port: int) -> list[str]:
    """Where a name leads; OSError if nowhere."""
    infos = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in infos))


def is_loopback(address: str) -> bool:
    """Whether an address is one of this machine alone."""
    there = ip_address(address.partition("%")[0])
    return (getattr(there, "ipv4_mapped", None) or there).is_loopback


def taken_apart(scheme: str, authority: str) -> tuple[str, int]:
    """Host and port of an authority; ValueError if the port is no number."""
    host, colon, port = authority.rpartition(":")
    if not colon or port.endswith("]"):
        host, port = authority, ""
    return host.lower(), int(port) if port else PORTS[scheme]


class NotTrusted(ValueError):
    """What is to be trusted is no certificate."""


class Reach:
    """Dials for a run. `allowed` are hosts beyond loopback that somebody said may be loaded."""

    def __init__(self, allowed: Iterable[str] = (), authority: str | None = None) -> None:
        """`authority` is a file of those who vouch for the target; NotTrusted if it is none."""
        self.allowed = {host.lower() for host in allowed}
        self.targets: set[tuple[str, int]] = set()
        """Host and port of whoever is loaded; the rest of the world is not called."""
        self.own: dict[str, tuple[str, int]] = {}
        """Authorities of our own peers, and where each listens."""
        # Not create_default_context, which makes one that blocks where nothing is patched.
        self.tls = SSLContext(PROTOCOL_TLS_CLIENT)
        self.tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self.tls.load_default_certs()
        if authority:
            try:
                self.tls.load_verify_locations(cafile=authority)
            except (OSError, ssl.SSLError) as error:
                raise NotTrusted(f"--ca {authority}: {error}") from error

    def trust(self, certificate: str) -> None:
        """Trust whoever this authority (PEM) vouches for, too."""
        self.tls.load_verify_locations(cadata=certificate)

    def aim(self, scheme: str, authority: str) -> None:
        """Make this a target; NotAllowed says what is missing. OSError if the name leads nowhere."""
        host, port = taken_apart(scheme, authority)
        if host not in self.allowed:
            there = [address for address in addresses(host, port) if not is_loopback(address)]
            if there:
                raise NotAllowed(
                    f"{host} ({there[0]}) is not on this machine; say --yes-i-may-load {host} if you may"
                )
        self.targets.add((host, port))

    def dial(self, source: str = "") -> Dial:
        """Connections from an address of ours; "" for whichever fits."""
        bound = (source, 0) if source else None

        def connect(scheme: str, authority: str, timeout: float) -> Any:
            own = self.own.get(authority)
            if own is not None:
                return self._secured(self._opened(own, timeout, bound), scheme, authority)
            place = taken_apart(scheme, authority)
            if place not in self.targets:
                raise NetworkError(f"{authority} is not what this run may load", sent=False)
            host, port = place
            if host in self.allowed:
                # It may have moved, but never into this machine.
                there = [one for one in addresses(host, port) if not is_loopback(one)]
            else:
                there = [one for one in addresses(host, port) if is_loopback(one)]
            if not there:
                raise NetworkError(f"{host} leads elsewhere now", sent=False)
            opened = self._opened((there[0], port), timeout, bound if is_loopback(there[0]) else None)
            return self._secured(opened, scheme, authority)

        return connect

    def _secured(self, opened: Any, scheme: str, authority: str) -> Any:
        if scheme == "http":
            return Connection(opened)
        host, _ = taken_apart(scheme, authority)
        try:
            return self.tls.wrap_socket(opened, server_hostname=host.strip("[]"))
        except BaseException:
            opened.close()
            raise

    @staticmethod
    def _opened(place: tuple[str, int], timeout: float, bound: tuple[str, int] | None) -> Any:
        try:
            opened = socket.create_connection(place, timeout, bound)
        except OSError as error:
            if bound is None or isinstance(error, ConnectionRefusedError | TimeoutError):
                raise
            opened = socket.create_connection(place, timeout)  # an address of the other family
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened
