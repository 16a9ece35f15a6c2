"""The served mesh: the same sites and people on real sockets, in real time."""

import asyncio
import socket
import tempfile
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from meshsim.composition import Composition
from meshsim.faults import Fault
from meshsim.network.http1 import Limits
from meshsim.network.kernel import Crashed
from meshsim.network.serving import CannotListen, Server, bound
from meshsim.network.sockets import Sockets
from meshsim.network.trust import Trust
from meshsim.ocm.address import parse_host
from meshsim.topology import Plan, Topology, default_topology
from meshsim.wire import Transcript

T = TypeVar("T")

LOOPBACK = "127.0.0.1"
LOCALHOST = "localhost"


class Doors(msgspec.Struct, frozen=True):
    """Where a mesh is served.

    Sites have names that nobody outside can look up, so unless `virtual` each is called by host and port
    instead: its OCM host is `name:port`, which every client can open. By its own name each is still found on
    the first port. With `virtual` the names stay, for callers that look them up in the mesh itself.
    """

    address: str = LOOPBACK
    port: int = 0
    """The first one, where sites are found by Host name; each site has one of those that follow. 0: any."""
    name: str = LOCALHOST
    """What others call the address."""
    virtual: bool = False
    tls: bool = False


class ServedMesh(Composition):
    """A mesh on sockets; `with` it, or call `close`.

    Time is real, and moved on over spans in which nothing happens only when `skipping` is set.
    """

    def __init__(
        self,
        topology: Topology | int = 2,
        seed: int = 0,
        *,
        doors: Doors | None = None,
        limits: Limits | None = None,
        data: Path | None = None,
        transcript: Transcript | None = None,
        faults: Sequence[tuple[str, Fault]] = (),
    ) -> None:
        if isinstance(topology, int):
            topology = default_topology(topology)
        self.doors = doors or Doors()
        self._runner = asyncio.Runner()
        self.sockets = Sockets(self._runner.get_loop(), transcript, seed)
        self._kept: tempfile.TemporaryDirectory[str] | None = None
        try:
            listening, topology = self._bind(topology)
        except BaseException:
            self._runner.close()
            raise
        self.names = {plan.host: name for plan, name in zip(topology.sites, self._names, strict=True)}
        """What each site was called in the topology."""
        try:
            super().__init__(topology, seed, self.sockets, self.sockets.time.now, data)
        except BaseException:
            for door in listening:
                door.close()
            self._runner.close()
            raise
        self.trust: Trust | None = None
        self.ca: Path | None = None
        """The certificate that clients have to trust, if there is TLS."""
        if self.doors.tls:
            self._make_trust(data)
        self.server = self._runner.run(self._listen(listening, limits))
        for name, fault in faults:
            self.sockets.add_fault(name, fault)

    def __enter__(self) -> "ServedMesh":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Serve until `work` is done, and give its result; SiteDown if its site crashed meanwhile."""
        return self._runner.run(self.guarded(work))

    async def sleep(self, seconds: float) -> None:
        """Let true time pass, as somebody who only waits."""
        await self.sockets.time.sleep(seconds)

    def settle(self, limit: float = 30 * 86400.0) -> bool:
        """Go on until nothing is left to do; False if that took more than `limit` seconds of mesh time."""
        return self._runner.run(self.sockets.quiet(limit))

    def close(self) -> None:
        """Finish what was accepted, refuse the rest, and let go of all ports and files."""
        try:
            self._runner.run(self._close())
        finally:
            self._runner.close()
            super().close()
            if self._kept is not None:
                self._kept.cleanup()

    async def register(self) -> None:
        """Let each site tell the directory of itself, so that all know each other."""
        if self.topology.directory is not None:
            for host in self.hosts:
                await self.site(host).listing.register()

    def described(self, most_users: int = 100) -> dict[str, Any]:
        """Where everything is, for whoever wants to open it: what `meshsim serve --json` prints."""
        return {
            "sites": [self._site_described(host, most_users) for host in self.hosts],
            "directory": None if self.topology.directory is None else self._base(self.topology.directory),
            "ca": None if self.ca is None else str(self.ca),
            "dns": None,
        }

    def _site_described(self, host: str, most_users: int) -> dict[str, Any]:
        people, base = self.people(host), self._base(host)
        users = [name for name, _ in zip(people, range(most_users), strict=False)]
        return {
            "host": host,
            "name": self.names[host],
            "url": base,
            "api": f"{base}/api",
            "dav": f"{base}/dav/files",
            "users": [
                {
                    "name": user,
                    "password": people.password(user),
                    "address": f"{user}@{host}",
                    "dav": f"{base}/dav/files/{user}/",
                }
                for user in users
            ],
            "users_in_all": len(people),
        }

    def _base(self, host: str) -> str:
        return f"{'https' if self.doors.tls else 'http'}://{host}"

    def _bind(self, topology: Topology) -> tuple[list[socket.socket], Topology]:
        """Take all ports, and call the sites by them."""
        doors = self.doors
        scheme = "https" if doors.tls else "http"
        hosts = [plan.host for plan in topology.sites]
        hosts += [] if topology.directory is None else [topology.directory]
        self._names = [plan.host for plan in topology.sites]
        first = bound(doors.address, doors.port)
        listening = [first]
        address, port = first.getsockname()[:2]
        called = dict(zip(hosts, map(parse_host, hosts), strict=True))
        for number, host in enumerate(hosts):
            virtual = parse_host(host)
            label = virtual.partition(".")[0]
            # By name on the first port: with a DNS of one's own, a Host field, or any `*.localhost`.
            aliases = (virtual, f"{virtual}:{port}", f"{label}.localhost:{port}")
            if doors.virtual:
                self.sockets.open_door(virtual, address, port, *aliases)
                continue
            try:
                door = bound(doors.address, doors.port and doors.port + number + 1)
            except CannotListen:
                for one in listening:
                    one.close()
                raise
            listening.append(door)
            own = door.getsockname()[1]
            called[host] = f"{doors.name}:{own}"
            self.sockets.open_door(
                called[host], address, own, f"{address}:{own}", f"{LOCALHOST}:{own}", *aliases
            )
        sites = tuple(_renamed(plan, called, scheme) for plan in topology.sites)
        directory = None if topology.directory is None else called[topology.directory]
        return listening, replace(topology, sites=sites, directory=directory)

    def _make_trust(self, data: Path | None) -> None:
        names = {name.partition(":")[0] for name in self.sockets.names}
        always = dict.fromkeys((self.doors.name, LOCALHOST, self.doors.address))
        self.trust = Trust(lambda name: name in names, tuple(always))
        if data is None:
            self._kept = tempfile.TemporaryDirectory(prefix="meshsim-")
            data = Path(self._kept.name)
        self.ca = data / "ca.pem"
        self.trust.write(self.ca)
        self.sockets.caller.tls = self.trust.client

    async def _listen(self, listening: Iterable[socket.socket], limits: Limits | None) -> Server:
        server = Server(self.sockets, limits, None if self.trust is None else self.trust.server)
        for door in listening:
            await server.listen(door)
        return server

    async def _close(self) -> None:
        await self.server.close()
        await self.sockets.close()

    async def guarded(self, work: Coroutine[Any, Any, T]) -> T:
        """Await what people do; SiteDown if their site crashes under it, and the rest goes on."""
        try:
            return await super().guarded(work)
        except Crashed as crashed:  # of somebody who is no site
            raise RuntimeError(f"{crashed} went down") from crashed


def _renamed(plan: Plan, called: Mapping[str, str], scheme: str) -> Plan:
    """The plan under the name its site has in this run; so are the names that its policies speak of."""
    policies = tuple((name, _said(options, called)) for name, options in plan.policies)
    settings = {"provider": plan.host.partition(".")[0], **plan.settings}
    if called[plan.host] == parse_host(plan.host):
        settings = dict(plan.settings)
    return replace(plan, host=called[plan.host], scheme=scheme, policies=policies, settings=settings)


def _said(value: Any, called: Mapping[str, str]) -> Any:
    match value:
        case str():
            return called.get(value, value)
        case Mapping():
            return {name: _said(item, called) for name, item in value.items()}
        case list() | tuple():
            return type(value)(_said(item, called) for item in value)
    return value
