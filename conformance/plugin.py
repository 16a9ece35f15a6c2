"""The suite as a pytest plug-in: fixtures, the check of what is collected, verdicts of what ran.

`meshsim check` and plain `pytest conformance --site TARGET` come through here alike.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from conformance import Blocked, Inconclusive, Unsupported, catalogue, signing, verdicts
from conformance.peer import LEGACY, WELL_KNOWN, Peer, Site, parse
from conformance.people import User
from conformance.record import Differs, Link, Recorder, Refused, Seen, Step, body
from conformance.targets import Target, load
from conformance.tidying import tidy
from conformance.verdicts import Expectation, Verdict
from meshsim.wire import NetworkError, Request

HERE = Path(__file__).parent
NAMED = {Unsupported: "unsupported", Blocked: "blocked", Inconclusive: "inconclusive", Refused: "blocked"}
MOST = 20
"""Problems of the collection that are told at once."""

EXHAUSTIVE, SPARING = 10_000, 12
"""Requests of one kind that a test sends to a site of ours, and to one of somebody else."""

SHORT = 400
"""Characters of a reason."""

ADDRESS = re.compile(r" at 0x[0-9a-f]+")
"""Where an object lies in memory, which differs from run to run."""


class Suite:
    """One run against one target."""

    def __init__(
        self,
        target: Target,
        *,
        own: tuple[Path, ...] = (),
        known: Iterable[Expectation] = (),
        planned: Callable[[list[Verdict]], None] = lambda cells: None,
        progress: Callable[[Verdict], None] = lambda cell: None,
        complete: bool = True,
        judging: frozenset[str] | None = None,
        message: dict[str, Any] | None = None,
    ) -> None:
        self.target = target
        self.own = own
        """Files of tests beside the suite's; what they judge counts like all else."""
        self.known = tuple(known)
        self.on_plan = planned
        self.on_verdict = progress
        self.complete = complete
        """Whether to insist that every requirement has a test or a reason."""
        self.judging = judging
        """Only tests that cite one of these are run, if it is given."""
        self.again = message
        """A message that failed once: of its kind no other is sent."""
        self.failing: list[dict[str, Any]] = []
        """Messages that the site does not stand, each as small as it gets."""
        self.exchanges: list[Seen] = list(getattr(target, "exchanges", ()))
        self.steps: dict[str, list[Step]] = {}
        self.sites: dict[str, dict[str, Any]] = {}
        """What each test was told of the site before it began."""
        self.secrets: set[str] = set()
        self.interrupted = False
        self.says: dict[str, str] = {}
        """The sentence that each test says of itself."""
        self.cells: dict[str, list[Verdict]] = {}
        self.version: tuple[int, int] = getattr(target, "version", catalogue.NEWEST)
        """Of the API, as the site says."""
        self.peers: list[Peer] = []
        """The suite's servers of the test that runs."""
        self.left: Counter[str] = Counter()
        """What could not be taken back from a site that is not ours."""
        self._keys: dict[str, Any] = {}

    def _judges(self, item: pytest.Item) -> bool:
        return HERE in item.path.parents or item.path in self.own

    @property
    def verdicts(self) -> list[Verdict]:
        """All cells of the plan."""
        return [cell for cells in self.cells.values() for cell in cells]

    # Collection

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Every test says what it judges, and every requirement is judged or has a reason why not."""
        ours = [item for item in items if self._judges(item)]
        problems = []
        tested: set[str] = set()
        for item in ours:
            ids = ids_of(item)
            if not ids:
                problems.append(f"{name_of(item)} names no requirement: put @requirement(...) on it")
            for unknown in sorted(set(ids) - catalogue.known()):
                problems.append(f"{name_of(item)} names {unknown}, which is not in the catalogue")
            if item.path not in self.own:
                tested.update(ids)
        if self.complete and {item.path for item in ours} >= set(HERE.glob("test_*.py")):
            problems += gaps(tested)
        if problems:
            left_out = [f"and {len(problems) - MOST} more"] if len(problems) > MOST else []
            raise pytest.UsageError("\n".join([*problems[:MOST], *left_out]))
        if self.judging is not None:
            items[:] = [item for item in items if not self.judging.isdisjoint(ids_of(item))]
        # What judges all messages comes when all are there.
        items.sort(key=lambda item: item.path.name == "test_oracle.py" and HERE in item.path.parents)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """The plan, before anything runs."""
        for item in session.items:
            if self._judges(item):
                name = name_of(item)
                told = getattr(getattr(item, "obj", None), "__doc__", None) or ""
                self.says[name] = " ".join(told.split())
                self.cells[name] = [verdicts.planned(requirement, name) for requirement in ids_of(item)]
        self.on_plan(self.verdicts)

    # What tests are given

    @pytest.fixture
    def link(self, request: pytest.FixtureRequest) -> Iterator[Link]:
        """This test's session with the site."""
        name = name_of(request.node)
        wants: dict[str, Any] = {}
        for marker in request.node.iter_markers("needs"):
            for kind, value in marker.kwargs.items():
                wants[kind] = value if isinstance(value, dict) else _tuple(value)
        play = getattr(self.target, "play", None)
        link: Link = play(name) if play else Recorder(self.target.open(name, wants), name, self.exchanges)
        first = len(self.exchanges)
        try:
            yield link
        finally:
            self._claimed(seen for seen in self.exchanges if seen.test == name)
            if isinstance(link, Recorder):
                self._look(link, self.exchanges[first:], repr(wants))
                if self.target.real:
                    self.left += tidy(link, self.peers)
            self.peers.clear()
            link.close()
            self.steps[name] = link.steps
            self.sites[name] = {"host": link.host, "scheme": link.scheme, "users": list(link.users)}
            self.secrets |= link.secrets

    @pytest.fixture
    def site(self, request: pytest.FixtureRequest, link: Link) -> Site:
        """The examined site; it advertises what `@needs` says."""
        site = Site(link)
        for marker in request.node.iter_markers("needs"):
            if self.target.real and "policies" in marker.kwargs:
                raise Unsupported("nobody configures a real site for the test")
            if self.target.real and marker.kwargs.get("disposable"):
                raise Unsupported("would lock somebody out of a site that others use")
            for capability in _tuple(marker.kwargs.get("capability", ())):
                if capability not in site.lists("capabilities"):
                    raise Unsupported(f"the site does not advertise the capability {capability}")
            for criterion in _tuple(marker.kwargs.get("criterion", ())):
                if criterion not in site.lists("criteria"):
                    raise Unsupported(f"the site does not advertise the criterion {criterion}")
            for protocol in _tuple(marker.kwargs.get("protocol", ())):
                if not any(protocol in offered for offered in protocols(site.document)):
                    raise Unsupported(f"the site does not advertise the protocol {protocol}")
        return site

    @pytest.fixture
    def peer(self, link: Link) -> Peer:
        """A server of the suite, known to nobody yet."""
        return self._listening(link, "peer.example.net")

    @pytest.fixture
    def other(self, link: Link) -> Peer:
        """A second one."""
        return self._listening(link, "other.example.net")

    @pytest.fixture
    def third(self, link: Link) -> Peer:
        """A third one, on a port of its own."""
        return self._listening(link, "third.example.net:8443")

    def _listening(self, link: Link, name: str) -> Peer:
        peer = Peer(link, name)
        peer.facing = self.version
        self.peers.append(peer)
        return peer

    @pytest.fixture
    def user(self, link: Link, site: Site) -> User:
        """A user of the site, who can be made to act."""
        if not link.users:
            raise Unsupported("nobody can make the site's users act: give a --driver")
        return User(link, site, link.users[0])

    @pytest.fixture
    def second(self, link: Link, site: Site) -> User:
        """Another user of the site."""
        if len(link.users) < 2:
            raise Unsupported("only one user of the site is known")
        return User(link, site, link.users[1])

    @pytest.fixture
    def most(self) -> int:
        """How many requests of one kind a test may send: a site of somebody else is spared."""
        return SPARING if self.target.real else EXHAUSTIVE

    @pytest.fixture
    def message(self) -> dict[str, Any] | None:
        """The one that failed once and is to be sent again, if there is one."""
        return self.again

    @pytest.fixture
    def save(self, request: pytest.FixtureRequest) -> Callable[[str, dict[str, Any]], None]:
        """Keep a message that the site does not stand, so that it can be sent again."""

        def keep(endpoint: str, case: dict[str, Any]) -> None:
            test = name_of(request.node)
            self.failing.append({"target": self.target.name, "test": test, "endpoint": endpoint, **case})

        return keep

    @pytest.fixture
    def messages(self) -> list[Seen]:
        """All exchanges of the run so far."""
        return self.exchanges

    @pytest.fixture
    def observe(self, request: pytest.FixtureRequest) -> Callable[[str], None]:
        """Record which way the site does it; the text becomes the reason of the verdict."""

        def note(text: str) -> None:
            request.node.stash[OBSERVED] = text

        return note

    # What came of them

    def pytest_keyboard_interrupt(self) -> None:
        """Whoever stops a run gets what it has found so far."""
        self.interrupted = True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[Any]:
        """The verdicts of a test, and what plain pytest shows of them."""
        report: pytest.TestReport = yield
        name = name_of(item)
        if name not in self.cells or (call.when != "call" and call.excinfo is None):
            return report
        outcome, reason = outcome_of(call.excinfo)
        reason = reason or item.stash.get(OBSERVED, "")
        numbers = tuple(item.stash.get(JUDGED, ())) or tuple(
            seen.number for seen in self.exchanges if seen.test == name
        )
        worst = "passed"
        for cell in self.cells[name]:
            binding = catalogue.binds(cell.requirement, self.version)
            cell.verdict = verdicts.decide(cell.level, outcome, binding=binding)
            cell.reason, cell.exchanges = reason, numbers
            if (
                outcome == "failed"
                and cell.requirement in verdicts.TLS
                and getattr(self.target, "plain", False)
            ):
                cell.verdict, cell.reason = "unsupported", verdicts.PLAIN
            if outcome in ("failed", "blocked") and not binding:
                cell.reason = f"does not bind API {'.'.join(map(str, self.version))}: {reason}"
            verdicts.expected(cell, self.known, date.today())
            worst = cell.verdict if cell.verdict in ("failed", "error") or worst == "passed" else worst
            self.on_verdict(cell)
        if worst not in ("passed", "failed", "error"):
            report.outcome = "skipped"
            report.longrepr = (str(item.path), item.location[1] or 0, f"{worst}: {reason}")
        return report

    def _claimed(self, exchanges: Iterable[Seen]) -> None:
        """Note which version of the API the site says it has."""
        for seen in exchanges:
            asked = seen.request.target.path in (WELL_KNOWN, *LEGACY)
            if asked and not seen.by_site and seen.response and seen.response.status == 200:
                self.version = catalogue.claimed(parse(body(seen.response)))

    def _look(self, link: Recorder, exchanges: list[Seen], wants: str) -> None:
        """Note what can be told of each message only now, while the keys are at hand."""
        for seen in exchanges:
            if seen.by_site and seen.request.method == "POST":
                if wants not in self._keys:
                    self._keys[wants] = _keys(link)
                seen.facts["signature"] = signing.facts(seen.request, self._keys[wants])


OBSERVED = pytest.StashKey[str]()
JUDGED = pytest.StashKey[tuple[int, ...]]()


def _keys(link: Recorder) -> Any:
    """The key set of the site, fetched beside the test."""
    found: Any = None
    try:
        for url in (f"{link.scheme}://{link.host}/.well-known/ocm", "jwksUri"):
            url = found.get("jwksUri") if isinstance(found, dict) else url
            if isinstance(url, str) and "://" in url:
                found = parse(bytes(link.session.send("client.example.net", Request("GET", url)).body))  # type: ignore[arg-type]
    except NetworkError:
        return None
    return found


def outcome_of(excinfo: pytest.ExceptionInfo[BaseException] | None) -> tuple[str, str]:
    """passed, failed, or a verdict that says itself; and why."""
    if excinfo is None:
        return "passed", ""
    error = excinfo.value
    text = " ".join(str(error).split())[:SHORT]
    if isinstance(error, AssertionError):
        return "failed", compared(str(error))
    for kind, verdict in NAMED.items():
        if isinstance(error, kind):
            return verdict, text
    if isinstance(error, Differs):
        return "error", text
    return "error", f"{type(error).__name__}: {text}"


def compared(told: str) -> str:
    """What pytest says of an `assert`, for a reader who has not its source.

    The first line says what was compared; those after it how it came about, which the exchanges show better.
    """
    line = ADDRESS.sub("", told.strip().partition("\n")[0])[:SHORT]
    if not line.startswith("assert "):
        return line
    line = line.removeprefix("assert ")
    for sign, words in ((" == ", "expected {}, got {}"), (" in ", "got {}, expected one of {}")):
        if line.count(sign) == 1:
            return words.format(*line.split(sign))
    return f"expected {line}"


def gaps(tested: set[str]) -> list[str]:
    """What is neither tested nor excused, and what is both."""
    excused = catalogue.untested()
    missing = [i for i in catalogue.known() if i not in tested and i not in excused]
    both = [i for i in excused if i in tested]
    return [
        *(f"{i} is neither tested nor listed in untested.yaml with a reason" for i in sorted(missing)),
        *(f"{i} is tested: take it out of untested.yaml" for i in sorted(both)),
    ]


def ids_of(item: pytest.Item) -> tuple[str, ...]:
    """The requirements a test judges."""
    return tuple(dict.fromkeys(i for marker in item.iter_markers("requirement") for i in marker.args))


def name_of(item: pytest.Item) -> str:
    """`test_share.py::test_x`, wherever the file lies."""
    return f"{item.path.name}::{item.nodeid.partition('::')[2]}"


def protocols(document: dict[str, Any]) -> list[dict[str, Any]]:
    """What each resource type of a discovery document offers."""
    types = document.get("resourceTypes")
    found = [entry.get("protocols") for entry in types or () if isinstance(entry, dict)]
    return [entry for entry in found if isinstance(entry, dict)]


def _tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def register(config: pytest.Config) -> None:
    """For plain pytest: a suite for the target that --site names, unless there is one already."""
    if not any(isinstance(plugin, Suite) for plugin in config.pluginmanager.get_plugins()):
        option = config.getoption
        target = load(
            option("--site") or "sim:standard",
            peer=option("--peer"),
            certificate=option("--peer-cert"),
            ca=option("--site-ca"),
            driver=option("--driver"),
            users=option("--site-user"),
            login=option("--site-login"),
        )
        if target.real:
            from conformance.check import ready

            stack = ExitStack()
            stack.enter_context(ready(target))
            config.add_cleanup(stack.close)
        config.pluginmanager.register(Suite(target), "conformance-suite")
