"""What every mesh is composed of, in whichever world it runs: sites, people, records, files, on a network.

The worlds differ in two things only: what carries exchanges, and whose time it is. So the simulated
mesh (`mesh.py`) and the served one (`served.py`) are this, and stories do not know which they are told on.
"""

from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from msgspec.structs import replace

from meshsim import plugins
from meshsim.apis import router
from meshsim.clocks import Skew
from meshsim.data import USUAL, Data, Keeping
from meshsim.departure import NONE, Departure
from meshsim.entropy import Entropy
from meshsim.faults import Fault
from meshsim.invariants import Facts
from meshsim.journal import Breakpoint, Journal
from meshsim.network.hosts import Factory, Handler, Hosts, Incarnation, NameService, Resolver
from meshsim.network.kernel import Crashed
from meshsim.ocm.address import OcmAddress, parse_host
from meshsim.ocm.errors import OcmError
from meshsim.ocm.keys import PrivateKey
from meshsim.people import People
from meshsim.person import Person
from meshsim.policies import Expression, Policy, compose, demanded
from meshsim.site.listing import DIRECTORY_PATH, Source
from meshsim.site.ports import Aside, Clock, Network, Ports
from meshsim.site.profile import Profile
from meshsim.site.site import Site
from meshsim.storage import Storage
from meshsim.stores import Store
from meshsim.topology import Plan, Topology
from meshsim.wire import Transcript

T = TypeVar("T")

ENFORCED: Mapping[str, str] = {"must-use-http-sig": "signed", "must-invite": "invited"}
"""Criteria and the policies that enforce them; must-exchange-token is about the share, not about who asks."""

CRITERIA: Mapping[str, str] = {
    "allowlist": "allowlist",
    "denylist": "denylist",
    "signed": "must-use-http-sig",
    "pinned": "must-use-http-sig",
    "invited": "must-invite",
}
"""Policies and the criteria by which discovery tells of them."""

LISTS = frozenset({"allowlist", "denylist"})
"""Policies by name alone, which are asked before a host is called, too."""

PAIRS: Mapping[str, bool] = {"pair_key": False, "paper": True}
"""Policies of pair keys, and whether they poll the central service unless told otherwise."""


class SiteDown(OcmError):
    """The site that was to do something crashed before it was done, or is down."""


class Turn(Protocol):
    """Something that is waited for, and resolved once."""

    def resolve(self, value: None) -> None:
        """Let whoever waits go on."""
        ...

    def __await__(self) -> Generator[Any, Any, None]: ...


class Carrier(Protocol):
    """What carries exchanges between the sites of a mesh: a fabric in memory, or sockets."""

    transcript: Transcript
    hosts: Hosts
    resolver: Resolver | None
    name_service: NameService

    @property
    def aside(self) -> Aside:
        """Where what takes long is done."""
        ...

    def port(self, host: str) -> Network:
        """The Network port of the host's present incarnation."""
        ...

    def clock(self, host: str, skew: Skew | None = None) -> Clock:
        """The Clock port of the host's present incarnation."""
        ...

    def add_fault(self, name: str, fault: Fault) -> None:
        """Ask `fault` about every message, after those that were there before."""
        ...

    def crash(self, host: str) -> None:
        """Take a host down, with all it had under way."""
        ...

    def restart(self, host: str) -> None:
        """Bring a host up again, as a new incarnation that remembers nothing."""
        ...


class Composition:
    """Sites and people on a network. A site is made when it is first spoken to or asked for."""

    def __init__(
        self,
        topology: Topology,
        seed: int,
        carrier: Carrier,
        now: Callable[[], float],
        data: Path | None = None,
        keeping: Keeping = USUAL,
        departures: Mapping[str, Departure] = {},
    ) -> None:
        self.topology = topology
        self.seed = seed
        self.network = carrier
        self.data = Data(data, {"seed": seed, "topology": topology}, keeping)
        self._now = now
        # It goes back as far as the transcript, without which nobody can make sense of it.
        self.journal = Journal(now, carrier.transcript.most)
        self.plans = {parse_host(plan.host): plan for plan in topology.sites}
        self.hosts = tuple(self.plans)
        """The sites of the topology; a directory is not one of them."""
        if topology.directory is not None:
            # A mesh speaks one scheme, and its directory does.
            scheme = topology.sites[0].scheme if topology.sites else "https"
            settings = {"federation": topology.federation}
            keeper = Plan(topology.directory, scheme=scheme, users=(), settings=settings)
            self.plans[parse_host(topology.directory)] = keeper
        self.departures = {parse_host(host): departure for host, departure in departures.items()}
        self.up: dict[str, Site] = {}
        self._profiles: dict[str, Profile] = {}
        self._stores: dict[str, Store] = {}
        self._storages: dict[str, Storage] = {}
        self._people: dict[str, People] = {}
        carrier.resolver = self._resolve
        self.started = now()
        """When the run began, in true time."""

    @property
    def transcript(self) -> Transcript:
        """Every exchange so far."""
        return self.network.transcript

    @property
    def now(self) -> float:
        """True time, in seconds since the Unix epoch."""
        return self._now()

    def port(self, host: str) -> Network:
        """The way out of a host, be it a site, a browser or whoever else calls."""
        return self.network.port(host)

    def site(self, host: str) -> Site:
        """The running site of that name, made now if nobody spoke to it yet; KeyError if there is none."""
        host = parse_host(host)
        plan = self.plans[host]
        place = self.network.hosts.find(f"{plan.scheme}://{host}")
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
            later = self.network.aside.soon
            storage = self.data.storage(host, kind, lambda: skew(self._now()), home, later)
            self._storages[host] = storage
        return storage

    async def guarded(self, work: Coroutine[Any, Any, T]) -> T:
        """Await what people do; SiteDown if their site crashes under it, and the rest goes on."""
        try:
            return await work
        except Crashed as crashed:
            host = str(crashed)
            if host in self.plans:
                self.crash(host)
            raise SiteDown(f"{host} went down", status=503) from crashed

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Let time pass until `work` is done, and give its result; SiteDown if its site crashed meanwhile."""
        raise NotImplementedError

    def settle(self, limit: float = 30 * 86400.0) -> bool:
        """Let time pass until nothing is left to do; False if that took more than `limit` seconds."""
        raise NotImplementedError

    async def sleep(self, seconds: float) -> None:
        """Let true time pass, as somebody who only waits."""
        raise NotImplementedError

    def advance(self, seconds: float) -> None:
        """Let that much time pass."""
        raise NotImplementedError

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do something meanwhile; what goes wrong in it is wrong with the run."""
        raise NotImplementedError

    def turn(self) -> Turn:
        """Something to wait for until somebody else resolves it."""
        raise NotImplementedError

    def attach(self, name: str, handler: Handler, beside: str) -> None:
        """Let another name be answered by `handler`; it leads to where the host `beside` is."""
        self.network.hosts.get(name).factory = lambda life: handler

    def is_up(self, host: str) -> bool:
        """Whether a site runs, or would when asked."""
        return self.network.hosts.get(parse_host(host)).life.alive

    def crash(self, host: str) -> None:
        """Take a site down at once: records and files stay, all else is lost."""
        host = parse_host(host)
        self.network.crash(host)
        self.up.pop(host, None)

    def crash_at(self, host: str, commits: int, *, after: bool) -> None:
        """Let a site crash at the commit that follows `commits` others: before it is made, or right after."""
        self.journal.crashes[parse_host(host)] = Breakpoint(commits, after)

    def restart(self, host: str) -> None:
        """Bring a site up again; it takes up what it left undone."""
        host = parse_host(host)
        self.network.restart(host)
        self.site(host)

    async def dissolve(self, group: str) -> None:
        """A site gives up a group, named by OCM Address, and with it what the group was given."""
        gone = OcmAddress.parse(group)
        await self.site(gone.host).receiving.dissolve(gone.user)

    def close(self) -> None:
        """Let go of the data on disk; the mesh cannot be used afterwards."""
        self.data.close()

    def facts(self, told: Sequence[str] = ()) -> Facts:
        """What the run left behind so far, for invariants to judge; `told`: lines of its logs and report.

        ValueError if the mesh forgets what is long ago, for then the facts would accuse the innocent.
        """
        if self.transcript.most is not None:
            raise ValueError("this mesh forgets; give it a Transcript() to have it judged")
        used = sorted(self._stores)
        return Facts(
            transcript=self.transcript,
            journal=self.journal,
            stores={host: self._stores[host] for host in used},
            storages={host: self._storages[host] for host in used},
            clocks={host: self._skew(host) for host in used},
            roots={host: self._profile(self.plans[host]).dialect.dav_path for host in used},
            ended=self._now(),
            told=told,
        )

    def _resolve(self, host: str) -> Factory | None:
        return partial(self._make, host) if host in self.plans else None

    def _make(self, host: str, life: Incarnation) -> Handler:
        plan, departure = self.plans[host], self.departures.get(host, NONE)
        ports = Ports(
            network=self.network.port(host),
            clock=self.network.clock(host, self._skew(host)),
            entropy=Entropy(self.seed, host, self.data.life(self.store(host), life.number)),
            store=self.journal.watch(life, self.store(host)),
            storage=self.storage(host),
            users=self.people(host),
            names=self.network.name_service,
            aside=self.network.aside,
        )
        profile = departure.profile(self._profile(plan))
        site = self.up[host] = Site(host, profile, departure.ports(ports))
        self._hand_out_keys(site)
        site.start()
        return departure.face(profile.dialect.face(partial(router.handle, site)))

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

    def _hand_out_keys(self, site: Site) -> None:
        """The keys that operators gave each other beside the network, when their sites were set up."""
        mine = site.profile
        if not (mine.pairs or mine.federation) or next(site.records.shared_keys(), None) is not None:
            return
        for host in self.plans:
            other = self._profile(self.plans[host])
            if mine.federation:
                # Whom the central service serves has an account there, and its one key is that of it.
                meets = other.central == site.host
            elif mine.central:
                meets = host == mine.central
            else:
                meets = other.pairs and not other.central
            if meets and host != site.host:
                pair = "\0".join(sorted((host, site.host)))
                site.pairing.enrol(host, Entropy(self.seed, pair).token("pair"))

    def _pairs(self, plan: Plan) -> dict[str, Any]:
        """What a policy of pair keys asks of the rest of the site."""
        for name, options in demanded(("all", *plan.policies)):
            if name in PAIRS:
                by_account = options.get("central", PAIRS[name])
                central = self.topology.directory if by_account else None
                return {"pairs": True, "central": parse_host(central) if central else ""}
        return {}

    def _profile(self, plan: Plan) -> Profile:
        # A mesh has few kinds of sites; building a profile for each of 5000 would not be free.
        key = repr(replace(plan, host="", users=0, groups={}))
        profile = self._profiles.get(key)
        if profile is None:
            dialect = plugins.load("dialects", plan.dialect)(**plan.dialect_options)
            plan = replace(plan, criteria=tuple(dict.fromkeys((*dialect.criteria, *plan.criteria))))
            profile = self._profiles[key] = Profile(
                dialect=dialect,
                policy=compose(("all", *_policies(plan)), partial(plugins.load, "policies")),
                outgoing=_outgoing(plan),
                secret_kind=plugins.load("tokens", plan.secret_kind),
                token_kind=plugins.load("tokens", dialect.token_kind or plan.token_kind),
                scheme=plan.scheme,
                criteria=tuple(dict.fromkeys((*plan.criteria, *_criteria(plan)))),
                **{"directories": self._directories(plan), **self._pairs(plan), **plan.settings},
            )
        return profile


def _outgoing(plan: Plan) -> Policy:
    """Who may not call us, by name, is not called either: lists hold before discovery (OCM-DISC-006)."""
    lists = [part for part in demanded(("all", *plan.policies)) if part[0] in LISTS]
    return compose(("all", *lists), partial(plugins.load, "policies"))


def _policies(plan: Plan) -> tuple[Expression, ...]:
    """What the criteria demand, after what was added to them, which may refuse at less cost."""
    chosen = tuple(ENFORCED[criterion] for criterion in plan.criteria if criterion in ENFORCED)
    return (*plan.policies, *chosen)


def _criteria(plan: Plan) -> Iterable[str]:
    return [CRITERIA[name] for name, _ in demanded(("all", *plan.policies)) if name in CRITERIA]
