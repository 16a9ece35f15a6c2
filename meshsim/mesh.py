"""The composition root: from a topology to sites and people on a network with a clock."""

from collections.abc import Coroutine, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec.structs import replace

from meshsim import plugins
from meshsim.apis import router
from meshsim.clocks import Skew
from meshsim.data import USUAL, Data, Keeping
from meshsim.entropy import Entropy
from meshsim.faults import Fault
from meshsim.invariants import Facts
from meshsim.journal import Breakpoint, Journal
from meshsim.network.fabric import Fabric
from meshsim.network.hosts import Factory, Handler, Incarnation
from meshsim.network.kernel import Crashed, Kernel, sleep
from meshsim.ocm.address import OcmAddress, parse_host
from meshsim.ocm.errors import OcmError
from meshsim.ocm.keys import PrivateKey
from meshsim.people import People
from meshsim.person import Person
from meshsim.policies import Policy, every
from meshsim.site.listing import DIRECTORY_PATH, Source
from meshsim.site.ports import Ports
from meshsim.site.profile import Profile
from meshsim.site.site import Site
from meshsim.storage import Storage
from meshsim.stores import Store
from meshsim.wire import Transcript

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

USERS = ("alice", "bob", "carol")
"""Who lives at a site of which nothing else is said."""


ENFORCED: Mapping[str, str] = {"must-use-http-sig": "signed", "must-invite": "invited"}
"""Criteria and the policies that enforce them; must-exchange-token is about the share, not about who asks."""

LISTS = frozenset({"allowlist", "denylist"})
"""Policies that discovery names among the criteria."""


class SiteDown(OcmError):
    """The site that was to do something crashed before it was done, or is down."""


class Plan(msgspec.Struct, frozen=True):
    """One site of a topology. Plug-ins are named, with options where they take any."""

    host: str
    dialect: str = "standard"
    dialect_options: Mapping[str, Any] = {}
    scheme: str = "https"
    criteria: tuple[str, ...] = ()
    policies: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """All of them must admit a request."""
    users: int | tuple[str, ...] = USERS
    groups: Mapping[str, tuple[str, ...]] | int = {}
    secret_kind: str = "opaque"  # noqa: S105 - the name of a plug-in
    token_kind: str = "exchanged"  # noqa: S105
    storage: str = "memory"
    clock: str = "true"
    clock_options: Mapping[str, Any] = {}
    settings: Mapping[str, Any] = {}
    """Other fields of the site's Profile."""


class Topology(msgspec.Struct, frozen=True):
    """What a mesh is made of. Latency is in seconds, one way."""

    sites: tuple[Plan, ...]
    latency: float = 0.01
    jitter: float = 0.0
    directory: str | None = None
    """A host that keeps a directory which all sites register with and poll."""
    federation: str = "ScienceMesh"


def default_topology(count: int = 2) -> Topology:
    """`count` alike sites: alpha.example.org, beta.example.org, and so on."""
    return Topology(tuple(Plan(f"{name}.example.org") for name in names(count)))


GREEK = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu"),
    *("nu", "xi", "omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"),
)


def names(count: int) -> Iterable[str]:
    """Names for sites: the Greek letters, then numbers."""
    return [*GREEK[:count], *(f"site{n}" for n in range(len(GREEK), count))]


class Mesh:
    """Sites on a virtual network. A site is made when it is first spoken to or asked for.

    With `data`, records and files are kept in that folder; DataError if it holds another mesh.
    """

    def __init__(
        self,
        topology: Topology | int = 2,
        seed: int = 0,
        *,
        faults: Sequence[tuple[str, Fault]] = (),
        transcript: Transcript | None = None,
        data: Path | None = None,
        keeping: Keeping = USUAL,
    ) -> None:
        if isinstance(topology, int):
            topology = default_topology(topology)
        self.topology = topology
        self.seed = seed
        self.data = Data(data, {"seed": seed, "topology": topology}, keeping)
        self.kernel = Kernel()
        self.fabric = Fabric(
            self.kernel, seed, latency=topology.latency, jitter=topology.jitter, transcript=transcript
        )
        self.journal = Journal(partial(getattr, self.kernel, "now"))
        self.plans = {parse_host(plan.host): plan for plan in topology.sites}
        self.hosts = tuple(self.plans)
        """The sites of the topology; a directory is not one of them."""
        if topology.directory is not None:
            keeper = Plan(topology.directory, users=(), settings={"federation": topology.federation})
            self.plans[parse_host(topology.directory)] = keeper
        self.up: dict[str, Site] = {}
        self._profiles: dict[str, Profile] = {}
        self._stores: dict[str, Store] = {}
        self._storages: dict[str, Storage] = {}
        self._people: dict[str, People] = {}
        self.fabric.resolver = self._resolve
        for name, fault in faults:
            self.fabric.add_fault(name, fault)

    @property
    def transcript(self) -> Transcript:
        """Every exchange so far."""
        return self.fabric.transcript

    @property
    def now(self) -> float:
        """True time, in seconds since the Unix epoch."""
        return self.kernel.now

    def site(self, host: str) -> Site:
        """The running site of that name, made now if nobody spoke to it yet; KeyError if there is none."""
        host = parse_host(host)
        plan = self.plans[host]
        place = self.fabric.hosts.find(f"{plan.scheme}://{host}")
        if not place.up:
            raise SiteDown(f"{host} is down", status=503)
        place.start()
        return self.up[host]

    def person(self, address: str) -> Person:
        """Somebody who lives at a site of the mesh, by OCM Address; LookupError if nobody does."""
        who = OcmAddress.parse(address)
        if who.host not in self.plans or self.people(who.host).find(who.user) is None:
            raise LookupError(f"nobody in this mesh is {who}")
        return Person(self, who)

    def people(self, host: str) -> People:
        """Who lives at a site; nobody is made up before being asked for."""
        people = self._people.get(host)
        if people is None:
            plan = self.plans[host]
            people = self._people[host] = People(self.seed, host, plan.users, plan.groups)
        return people

    def store(self, host: str) -> Store:
        """The records of a site; they outlive its crashes."""
        store = self._stores.get(host)
        if store is None:
            store = self._stores[host] = self.data.store(host)
        return store

    def storage(self, host: str) -> Storage:
        """The files of a site; they outlive its crashes."""
        storage = self._storages.get(host)
        if storage is None:
            skew, kind, home = self._skew(host), self.plans[host].storage, self.people(host).files
            storage = self.data.storage(host, kind, lambda: skew(self.kernel.now), home)
            self._storages[host] = storage
        return storage

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Let time pass until `work` is done, and give its result; SiteDown if its site crashed meanwhile."""
        return self.kernel.run(self.guarded(work))

    async def guarded(self, work: Coroutine[Any, Any, T]) -> T:
        """Await what people do; SiteDown if their site crashes under it, and the rest goes on."""
        try:
            return await work
        except Crashed as crashed:
            host = str(crashed)
            if host in self.plans:
                self.crash(host)
            raise SiteDown(f"{host} went down", status=503) from crashed

    async def sleep(self, seconds: float) -> None:
        """Let true time pass, as somebody who only waits."""
        await sleep(seconds)

    def is_up(self, host: str) -> bool:
        """Whether a site runs, or would when asked."""
        return self.fabric.hosts.get(parse_host(host)).life.alive

    def settle(self, limit: float = 30 * 86400.0) -> bool:
        """Let time pass until nothing is left to do; False if that took more than `limit` seconds."""
        return self.kernel.settle(limit)

    def advance(self, seconds: float) -> None:
        """Let that much time pass."""
        self.kernel.advance(seconds)

    def crash(self, host: str) -> None:
        """Take a site down at once: records and files stay, all else is lost."""
        host = parse_host(host)
        self.fabric.crash(host)
        self.up.pop(host, None)

    def crash_at(self, host: str, commits: int, *, after: bool) -> None:
        """Let a site crash at the commit that follows `commits` others: before it is made, or right after."""
        self.journal.crashes[parse_host(host)] = Breakpoint(commits, after)

    def restart(self, host: str) -> None:
        """Bring a site up again; it takes up what it left undone."""
        host = parse_host(host)
        self.fabric.restart(host)
        self.site(host)

    async def dissolve(self, group: str) -> None:
        """A site gives up a group, named by OCM Address, and with it what the group was given."""
        gone = OcmAddress.parse(group)
        self.people(gone.host).dissolve(gone.user)
        await self.site(gone.host).receiving.dissolve(gone.user)

    def close(self) -> None:
        """Let go of the data on disk; the mesh cannot be used afterwards."""
        self.data.close()

    def facts(self) -> Facts:
        """What the run left behind so far, for invariants to judge."""
        used = sorted(self._stores)
        return Facts(
            transcript=self.transcript,
            journal=self.journal,
            stores={host: self._stores[host] for host in used},
            storages={host: self._storages[host] for host in used},
            clocks={host: self._skew(host) for host in used},
            ended=self.kernel.now,
        )

    def client(self, source: str = "client.example.org", **options: Any) -> "httpx.Client":
        """An httpx client on the mesh's network, calling from `source`."""
        import httpx

        from meshsim.network.transport import MeshTransport

        return httpx.Client(transport=MeshTransport(self.fabric, source), **options)

    def _resolve(self, host: str) -> Factory | None:
        return partial(self._make, host) if host in self.plans else None

    def _make(self, host: str, life: Incarnation) -> Handler:
        plan = self.plans[host]
        ports = Ports(
            network=self.fabric.port(host),
            clock=self.fabric.clock(host, self._skew(host)),
            entropy=Entropy(self.seed, host, self.data.life(self.store(host), life.number)),
            store=self.journal.watch(life, self.store(host)),
            storage=self.storage(host),
            users=self.people(host),
        )
        site = self.up[host] = Site(host, self._profile(plan), ports)
        site.start()
        return partial(router.handle, site)

    def _skew(self, host: str) -> Skew:
        plan = self.plans[host]
        skew: Skew = plugins.load("clocks", plan.clock)(**plan.clock_options)
        return skew

    def _directories(self, plan: Plan) -> tuple[Source, ...]:
        host = self.topology.directory
        if host is None or plan.host == host:
            return ()
        # The key goes from hand to hand beside the network (OCM-DIR-002).
        seed = Entropy(self.seed, parse_host(host)).key("signing")
        key = PrivateKey.from_seed(f"{parse_host(host)}#1", seed).public
        return (Source(f"{plan.scheme}://{parse_host(host)}{DIRECTORY_PATH}", key),)

    def _profile(self, plan: Plan) -> Profile:
        # A mesh has few kinds of sites; building a profile for each of 5000 would not be free.
        key = repr(replace(plan, host="", users=0, groups={}))
        profile = self._profiles.get(key)
        if profile is None:
            profile = self._profiles[key] = Profile(
                dialect=plugins.load("dialects", plan.dialect)(**plan.dialect_options),
                policy=_policy(plan),
                outgoing=_outgoing(plan),
                secret_kind=plugins.load("tokens", plan.secret_kind),
                token_kind=plugins.load("tokens", plan.token_kind),
                scheme=plan.scheme,
                criteria=(*plan.criteria, *(name for name, _ in plan.policies if name in LISTS)),
                directories=self._directories(plan),
                **plan.settings,
            )
        return profile


def _outgoing(plan: Plan) -> Policy:
    """Who may not call us, by name, is not called either: lists hold before discovery (OCM-DISC-006)."""
    lists = [(name, options) for name, options in plan.policies if name in LISTS]
    return every(*(plugins.load("policies", name)(**options) for name, options in lists))


def _policy(plan: Plan) -> Policy:
    """What the criteria demand, and what was added to them."""
    chosen: list[tuple[str, Mapping[str, Any]]]
    chosen = [(ENFORCED[criterion], {}) for criterion in plan.criteria if criterion in ENFORCED]
    return every(*(plugins.load("policies", name)(**options) for name, options in (*chosen, *plan.policies)))
