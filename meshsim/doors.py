"""Where a mesh is served: the sockets it listens on, and what its sites are called by them."""

import socket
from collections.abc import Sequence
from ipaddress import ip_address

import msgspec

from meshsim.network import naming
from meshsim.network.hosts import DEFAULT_PORTS
from meshsim.network.serving import bound
from meshsim.network.sockets import Sockets
from meshsim.ocm.address import parse_host
from meshsim.wire import hostname

LOOPBACK = "127.0.0.1"
LOCALHOST = "localhost"


class Doors(msgspec.Struct, frozen=True):
    """Where a mesh is served.

    Sites have names that nobody outside can look up, so unless `virtual` each is called by host and port
    instead: its OCM host is `name:port`, which every client can open. By its own name each is still found on
    the first port. With `virtual` the names stay, for callers that look them up in the mesh itself.

    With `per_site` each has a loopback address of its own, which its calls leave from, and a name server of
    the mesh answers for it: its OCM host is its name, with the port if that is not the usual one.
    """

    address: str = LOOPBACK
    port: int = 0
    """The first one, where sites are found by Host name; each site has one of those that follow, or, with
    `per_site`, the same at its own address, and the name server has the next. 0: any."""
    name: str = LOCALHOST
    """What others call the address."""
    virtual: bool = False
    per_site: bool = False
    tls: bool = False

    @property
    def scheme(self) -> str:
        """Of the URLs of all sites."""
        return "https" if self.tls else "http"

    @property
    def beyond(self) -> bool:
        """Whether others than this machine can come."""
        return not ip_address(self.address).is_loopback


class Opened:
    """The sockets of a mesh that is about to listen; OSError with what to do if they cannot be had."""

    def __init__(self, doors: Doors, hosts: Sequence[str], sockets: Sockets) -> None:
        self.listening: list[socket.socket] = []
        self.names: tuple[socket.socket, socket.socket] | None = None
        """Of the name server, for datagrams and for connections."""
        self.called: dict[str, str] = {}
        """The OCM host of each host of the topology."""
        try:
            address, first = self._listen(doors.address, doors.port)
            if doors.per_site:
                self.names = naming.bound(doors.address, doors.port and doors.port + 1)
            for number, host in enumerate(hosts, 1):
                name = parse_host(host)
                # By name on the first port: with a DNS of one's own, a Host field, or any `*.localhost`.
                aliases = [name, f"{name}:{first}", f"{name.partition('.')[0]}.localhost:{first}"]
                called, own = name, first
                if doors.per_site:
                    address, own = self._listen(sockets.hosts.new_address(), doors.port)
                    usual = DEFAULT_PORTS[doors.scheme] == f":{own}"
                    called = name if doors.virtual or usual else f"{hostname(name)}:{own}"
                    sockets.hosts.get(called, address)
                    aliases += [f"{address}:{own}", f"{hostname(name)}:{own}"]
                elif not doors.virtual:
                    _, own = self._listen(doors.address, doors.port and doors.port + number)
                    called = f"{doors.name}:{own}"
                    aliases += [f"{address}:{own}", f"{LOCALHOST}:{own}"]
                sockets.open_door(called, address, own, *aliases)
                self.called[host] = called
        except BaseException:
            self.close()
            raise

    @property
    def name_server(self) -> tuple[str, int] | None:
        """Where names are answered, if anywhere."""
        return None if self.names is None else self.names[0].getsockname()

    def close(self) -> None:
        """Let go of all of them."""
        for door in (*self.listening, *(self.names or ())):
            door.close()

    def _listen(self, address: str, port: int) -> tuple[str, int]:
        door = bound(address, port)
        self.listening.append(door)
        name: tuple[str, int] = door.getsockname()[:2]
        return name
