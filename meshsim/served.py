"""The served mesh: the same sites and people on real sockets, in real time."""

import asyncio
import tempfile
from collections.abc import Coroutine, Generator, Mapping, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from meshsim.composition import Composition
from meshsim.data import USUAL, Keeping
from meshsim.database import DataError
from meshsim.doors import LOCALHOST, Doors, Opened
from meshsim.faults import Fault
from meshsim.network.hosts import Handler
from meshsim.network.http1 import Limits
from meshsim.network.kernel import Crashed
from meshsim.network.leaping import LeapingLoop
from meshsim.network.naming import Answers, LookUps, NameServer
from meshsim.network.serving import Server
from meshsim.network.sockets import Sockets
from meshsim.network.trust import Trust, new_authority
from meshsim.ocm.address import parse_host
from meshsim.topology import Plan, Topology, default_topology
from meshsim.wire import Transcript, hostname

T = TypeVar("T")

if TYPE_CHECKING or find_spec("uvloop") is None:
    from asyncio import new_event_loop as new_loop
else:
    # It leaves a third more of the processor to what answers than asyncio's own loop.
    from uvloop import new_event_loop as new_loop

AUTHORITY = "authority.pem"
"""Where the key and certificate of a mesh that is kept are, in its folder."""


SOMEBODY = "somebody.invalid"
"""Whose what is done meanwhile is: nobody's of the mesh, so that it outlives each site."""


class ServedMesh(Composition):
    """A mesh on sockets; `with` it, or call `close`.

    Time is real and begins now, unless `start` says when. With `leaping` it passes only while nothing
    happens, and nobody waits for it.
    """

    def __init__(
        self,
        topology: Topology | int = 2,
        seed: int = 0,
        *,
        doors: Doors | None = None,
        limits: Limits | None = None,
        data: Path | None = None,
        keeping: Keeping = USUAL,
        transcript: Transcript | None = None,
        faults: Sequence[tuple[str, Fault]] = (),
        start: float | None = None,
        leaping: bool = False,
    ) -> None:
        if isinstance(topology, int):
            topology = default_topology(topology)
        self.doors = doors or Doors()
        self._runner = asyncio.Runner(loop_factory=LeapingLoop if leaping else new_loop)
        self.sockets = Sockets(self._runner.get_loop(), transcript, seed, start)
        self._kept: tempfile.TemporaryDirectory[str] | None = None
        try:
            opened, renamed = self._bind(topology)
        except BaseException:
            self._runner.close()
            raise
        self.dns = opened.name_server
        """Where names are answered, if they are."""
        self.sockets.name_service = LookUps(self.sockets, self.dns, beyond=self.doors.beyond)
        self.sockets.caller.apart = self.doors.per_site
        self.names = {opened.called[plan.host]: plan.host for plan in topology.sites}
        """What each site was called in the topology."""
        self.trust: Trust | None = None
        self._vouched = {hostname(name) for name in self.sockets.names}
        self.ca: Path | None = None
        """The certificate that clients have to trust, if there is TLS."""
        with ExitStack() as unless_all_is_well:
            unless_all_is_well.callback(self._runner.close)
            unless_all_is_well.callback(opened.close)
            super().__init__(renamed, seed, self.sockets, self.sockets.time.now, data, keeping)
            unless_all_is_well.callback(super().close)
            if self.doors.tls:
                self._make_trust(data)
            unless_all_is_well.pop_all()
        self._name_server = NameServer(Answers(self.sockets.hosts))
        self.server = self._runner.run(self._listen(opened, limits))
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

    def advance(self, seconds: float) -> None:
        """Let that much time pass."""
        self.run(self.sleep(seconds))

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do something meanwhile; what goes wrong in it is among the failures of `sockets`."""
        self.sockets.spawn(lambda: work, self.sockets.hosts.get(SOMEBODY).life)

    def turn(self) -> "_Turn":
        """Something to wait for until somebody else resolves it."""
        return _Turn(self._runner.get_loop())

    def attach(self, name: str, handler: Handler, beside: str) -> None:
        """Let another name be answered by `handler`; it leads to where the host `beside` is."""
        super().attach(name, handler, beside)
        self._vouched.add(hostname(name))
        self.sockets.open_door(name, *self.sockets.doors[beside])

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
            if self.trust is not None:
                self.trust.close()
            if self._kept is not None:
                self._kept.cleanup()

    async def register(self) -> None:
        """Let each site tell the directory of itself, so that all know each other.

        Whoever does not sign cannot; these the operator of the directory enters.
        """
        if self.topology.directory is None:
            return
        directory = self.site(self.topology.directory)
        for host in self.hosts:
            site = self.site(host)
            if site.profile.dialect.signing is None:
                directory.listing.enter(site.listing.entry)
            else:
                await site.listing.register()

    def described(self, most_users: int = 100) -> dict[str, Any]:
        """Where everything is, for whoever wants to open it: what `meshsim serve --json` prints."""
        return {
            "sites": [self._site_described(host, most_users) for host in self.hosts],
            "directory": None if self.topology.directory is None else self._base(self.topology.directory),
            "ca": None if self.ca is None else str(self.ca.absolute()),
            "dns": None if self.dns is None else "{}:{}".format(*self.dns),
        }

    def _site_described(self, host: str, most_users: int) -> dict[str, Any]:
        people, base = self.people(host), self._base(host)
        users = [name for name, _ in zip(people, range(most_users), strict=False)]
        return {
            "host": host,
            "name": self.names[host],
            "address": self.sockets.doors[host][0],
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
        return f"{self.doors.scheme}://{host}"

    def _bind(self, topology: Topology) -> tuple[Opened, Topology]:
        """Take all ports, and call the sites by them."""
        hosts = [plan.host for plan in topology.sites]
        hosts += [] if topology.directory is None else [topology.directory]
        opened = Opened(self.doors, hosts, self.sockets)
        sites = tuple(_renamed(plan, opened.called, self.doors.scheme) for plan in topology.sites)
        directory = None if topology.directory is None else opened.called[topology.directory]
        return opened, replace(topology, sites=sites, directory=directory)

    def _make_trust(self, data: Path | None) -> None:
        always = dict.fromkeys((self.doors.name, LOCALHOST, self.doors.address))
        authority = self.data.kept(AUTHORITY, new_authority)
        try:
            self.trust = Trust(self._vouched.__contains__, tuple(always), authority)
        except ValueError as error:
            file = f"{data}/{AUTHORITY}"
            raise DataError(
                f"{file} is damaged; bring it back from a copy, or move it away to have another authority"
            ) from error
        if data is None:
            self._kept = tempfile.TemporaryDirectory(prefix="meshsim-")
            data = Path(self._kept.name)
        self.ca = data / "ca.pem"
        self.trust.write(self.ca)
        self.sockets.caller.tls = self.trust.client

    async def _listen(self, opened: Opened, limits: Limits | None) -> Server:
        server = Server(self.sockets, limits, None if self.trust is None else self.trust.server)
        for door in opened.listening:
            await server.listen(door)
        if opened.names is not None:
            await self._name_server.listen(*opened.names)
        return server

    async def _close(self) -> None:
        await self.server.close()
        await self.sockets.close()
        await self._name_server.close()

    async def guarded(self, work: Coroutine[Any, Any, T]) -> T:
        """Await what people do; SiteDown if their site crashes under it, and the rest goes on."""
        try:
            return await super().guarded(work)
        except Crashed as crashed:  # of somebody who is no site
            raise RuntimeError(f"{crashed} went down") from crashed


class _Turn:
    """A future under the name that promises have."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._future: asyncio.Future[None] = loop.create_future()

    def resolve(self, value: None) -> None:
        if not self._future.done():
            self._future.set_result(value)

    def __await__(self) -> Generator[Any, None, None]:
        return self._future.__await__()


def _renamed(plan: Plan, called: Mapping[str, str], scheme: str) -> Plan:
    """The plan under the name its site has in this run; so are the names that its policies speak of."""
    policies = _said(plan.policies, called)
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
