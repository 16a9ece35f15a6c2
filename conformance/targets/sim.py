"""A simulated site in virtual time: `sim:NAME` or `sim:NAME:OPTION=VALUE,...`, and `mutant:SLUG`.

NAME is a dialect. Options are `criteria` (several joined by +), `signed` where the dialect has it, and fields
of a Plan or Profile. Each test has a mesh of its own, so none depends on another. What a dialect or an option
does on purpose is known: `expectations/NAME.yaml` has it, with the reason.
"""

import inspect
import random
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from conformance import catalogue, drivers, issuing, mutants, verdicts
from conformance.drivers import simulated
from conformance.record import Handler, Session
from conformance.targets import Misuse, Wants
from conformance.verdicts import Expectation
from meshsim import plugins
from meshsim.departure import NONE, Departure
from meshsim.invariants.secrets import credentials, invited
from meshsim.mesh import Mesh
from meshsim.network.kernel import Deadlock
from meshsim.ocm.keys import SIGNING
from meshsim.site.profile import Profile
from meshsim.topology import Plan, Topology
from meshsim.wire import NetworkError, Request, Response

HOST = "site.example.org"
USERS = ("alice", "bob", "carol", "al@ice", "Bob")
GROUPS = {"staff": ("alice", "bob")}
QUIET = 20.0
"""Virtual seconds in which a site says what it has to say; what it retries later is not waited for."""

PLAN = ("secret_kind", "token_kind", "scheme")
PROFILE = {
    f.name: f.type
    for f in msgspec.structs.fields(Profile)
    if f.type in (int, float, bool, str) and f.name not in PLAN
}


class Simulation:
    """A target that is made anew for each test."""

    real = False
    seed = 0

    def __init__(
        self, name: str, plan: Plan, departure: Departure = NONE, known: Iterable[Expectation] = ()
    ) -> None:
        self.name = name
        self.plan = plan
        self.departure = departure
        self.known = tuple(known)
        dialect = plugins.load("dialects", plan.dialect)(**plan.dialect_options)
        self.version = catalogue.claimed({"apiVersion": dialect.api_version})
        self.found: set[str] = set()
        self.issued: dict[str, set[str]] = {}
        """What the sites of all tests made out of their chance, by purpose."""

    def open(self, test: str, wants: Wants) -> Session:
        """A new mesh whose site is configured as the test wants it."""
        able = {"must-use-http-sig": self.plan.dialect_options.get("signed", True)}
        able["must-exchange-token"] = self.plan.settings.get("exchange", True)
        wanted = [c for c in wants.get("criterion", ()) if able.get(c, True) and c not in self.plan.criteria]
        criteria = [*self.plan.criteria, *wanted]
        plan = msgspec.structs.replace(self.plan, criteria=tuple(criteria))
        settings = {**plan.settings, **wants.get("settings", {})}
        if "enforce-mfa" in wants.get("capability", ()):
            settings["mfa"] = True
        policies = (*plan.policies, *wants.get("policies", ()))
        plan = msgspec.structs.replace(plan, settings=settings, policies=policies)
        return SimulatedSession(self, plan, test)

    def note(self, purpose: str, text: str) -> None:
        """A secret that a site just made."""
        self.issued.setdefault(purpose, set()).add(text)

    def secrets(self) -> set[str]:
        """What the sites of all tests issued."""
        return self.found.union(*self.issued.values())


class SimulatedSession:
    """One mesh: the site, and the suite's servers as guests on its network."""

    scheme = "https"

    def __init__(self, target: Simulation, plan: Plan, test: str) -> None:
        self.host = plan.host
        self.scheme = plan.scheme
        self.users = ("alice", "bob", "carol", "al@ice")
        self._target = target
        departure = issuing.noting(target.departure, target.note)
        self._mesh = Mesh(Topology((plan,)), target.seed, departures={plan.host: departure})
        people = self._mesh.people(plan.host)
        self.passwords = {user: people.password(user) for user in people}
        self._driver = simulated.build(self)
        self._chance = random.Random(test)  # noqa: S311 - repeatable
        self._limit = 10.0

    def call(self, request: Request) -> Response:
        """What a user's program is answered."""
        return self.send("program.example.net", request)

    def send(self, source: str, request: Request) -> Response:
        """The site's answer."""
        try:
            return self._mesh.kernel.run(self._mesh.fabric.port(source).send(request, self._limit))
        except Deadlock as error:
            raise NetworkError("no answer") from error

    def listen(self, name: str, answer: Handler) -> str:
        """A guest on the network."""

        async def handle(request: Request) -> Response:
            return answer(request)

        # A host that is named by its address has that address.
        literal = re.fullmatch(r"\[(.+)\](?::\d+)?|([\d.]+)(?::\d+)?", name)
        address = (literal[1] or literal[2]) if literal else None
        self._mesh.fabric.attach(name, handle, address=address)
        return name

    def act(self, verb: str, *args: Any) -> Any:
        """By `drivers.simulated`."""
        return drivers.act(self._driver, verb, *args)

    def wait(self, seconds: float) -> None:
        """Virtual time."""
        self._mesh.advance(seconds)

    def settle(self) -> None:
        """A while, in virtual time."""
        self._mesh.settle(QUIET)

    def now(self) -> float:
        """True time."""
        return self._mesh.now

    def secret(self) -> str:
        """From the test's name, so that a run repeats itself."""
        return f"{self._chance.getrandbits(192):048x}"

    def close(self) -> None:
        """Note what must not be told, and stop."""
        facts = self._mesh.facts()
        self._target.found |= {*credentials(facts), *invited(facts), *self.passwords.values()}
        self._mesh.kernel.close()


def build(text: str, **options: Any) -> Simulation:
    """Misuse says what there is."""
    kind, _, rest = text.partition(":")
    name, _, given = rest.partition(":")
    if kind == "mutant":
        mutant = mutants.load(name)
        plan = _plan("standard", mutant.configuration)
        return Simulation(text, plan, mutant.build(), expected("standard", mutant.configuration))
    dialect = name or "standard"
    return Simulation(text, _plan(dialect, given), known=expected(dialect, given))


def expected(dialect: str, given: str) -> tuple[Expectation, ...]:
    """What is known of a dialect with these options."""
    options = dict(item.partition("=")[::2] for item in filter(None, given.split(",")))
    there = (Path(verdicts.__file__).parent / "expectations" / f"{dialect}.yaml").is_file()
    return verdicts.expectations(dialect, options) if there else ()


def _plan(dialect: str, given: str) -> Plan:
    if dialect not in plugins.names("dialects"):
        raise Misuse(f"no simulated site {dialect!r}; there are: {', '.join(plugins.names('dialects'))}")
    signs = "signed" in inspect.signature(plugins.load("dialects", dialect)).parameters
    kinds = plugins.names("tokens")
    values = {
        "secret_kind": kinds,
        "token_kind": kinds,
        "scheme": ("https", "http"),
        "key_algorithm": SIGNING,
    }
    plan: dict[str, Any] = {}
    settings: dict[str, Any] = {}
    dialect_options: dict[str, Any] = {}
    for item in filter(None, given.split(",")):
        option, _, value = item.partition("=")
        if option in values and value not in values[option]:
            raise Misuse(f"{option}={value}: it is one of {', '.join(values[option])}")
        try:
            if option == "criteria":
                plan["criteria"] = tuple(filter(None, value.split("+")))
            elif option == "signed" and signs:
                dialect_options["signed"] = msgspec.convert(value, bool, strict=False)
            elif option in PLAN:
                plan[option] = value
            elif option in PROFILE:
                settings[option] = msgspec.convert(value, PROFILE[option], strict=False)
            else:
                there = ", ".join(["criteria", *(["signed"] if signs else ()), *PLAN, *PROFILE])
                raise Misuse(f"sim:{dialect} has no option {option!r}; there are: {there}")
        except msgspec.ValidationError as error:
            raise Misuse(f"{option}={value}: {error}") from None
    return Plan(HOST, dialect, dialect_options, users=USERS, groups=GROUPS, settings=settings, **plan)
