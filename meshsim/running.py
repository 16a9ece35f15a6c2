"""One run of a scenario: its story told, the network left to become quiet, its facts judged."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from types import ModuleType
from typing import Any

import msgspec

from meshsim import __version__, bundle, faults, plugins
from meshsim.composition import Composition
from meshsim.doors import Doors
from meshsim.invariants.secrets import credentials, invited
from meshsim.mesh import Mesh
from meshsim.network.kernel import EPOCH
from meshsim.ocm.address import parse_host
from meshsim.ocm.errors import OcmError
from meshsim.served import ServedMesh
from meshsim.story import Flows, Options
from meshsim.topology import Topology
from meshsim.wire import Transcript

QUIET = 40 * 86400.0
"""Seconds that a network may take to become quiet: longer than any errand is run."""

Faults = Sequence[tuple[str, faults.Fault]]

HOSTS = frozenset({"host", "target", "receiver", "group", "others"})
"""Options of faults that name sites; what sends may also be somebody's browser."""


class Run(msgspec.Struct, frozen=True):
    """A finished run: what the report says, and the mesh it is about."""

    report: Mapping[str, Any]
    mesh: Composition


def run(
    name: str,
    scenario: ModuleType,
    options: Options,
    fault_specs: Sequence[str] = (),
    progress: Callable[[int], None] = lambda count: None,
    *,
    served: bool = False,
) -> Run:
    """Run a scenario module, in memory or on real sockets. ValueError for a fault that cannot be read."""
    plan = getattr(scenario, "faults", None)
    specs = list(fault_specs) or ([] if plan is None else plan(options))
    world = _served if served else _simulated
    mesh = world(scenario.topology(options), options.seed, load_faults(specs))
    if not served:
        return _told(name, scenario, options, fault_specs, progress, mesh, world)
    with closing(mesh):
        return _told(name, scenario, options, fault_specs, progress, mesh, world)


def _simulated(topology: Topology, seed: int, faults: Faults = ()) -> Composition:
    return Mesh(topology, seed, faults=faults)


def _served(topology: Topology, seed: int, faults: Faults = ()) -> Composition:
    """As in the simulation: the same names and dates, an address for each, TLS, all is remembered, and nobody
    waits for what only takes time.
    """
    doors = Doors(virtual=True, per_site=True, tls=True)
    return ServedMesh(
        topology, seed, doors=doors, transcript=Transcript(), faults=faults, start=EPOCH, leaping=True
    )


def _told(
    name: str,
    scenario: ModuleType,
    options: Options,
    fault_specs: Sequence[str],
    progress: Callable[[int], None],
    mesh: Composition,
    world: Callable[[Topology, int], Composition],
) -> Run:
    flows = Flows(mesh, progress)
    with _logged() as lines:
        try:
            mesh.run(scenario.story(mesh, flows))
        except OcmError as error:
            # A story that cannot go on, because a site went down under it, is a flow that went wrong.
            flows.note("story", "", "", f"{type(error).__name__}: {error}")
        if not mesh.settle(QUIET):
            flows.note("quiet", "", "", "the network did not become quiet")
        if hasattr(scenario, "trials"):
            # In meshes of their own, of the same world.
            scenario.trials(flows, world)
    facts = mesh.facts([*lines, *(f.reason for f in flows.done if f.reason), *map(str, flows.tables)])
    findings = [plugins.load("invariants", invariant)()(facts) for invariant in plugins.names("invariants")]
    findings.append(bundle.load("conformance", "watching").watch(mesh.transcript, mesh.plans))
    ok = bool(flows.done) and all(flow.ok for flow in flows.done) and all(f.ok for f in findings)
    report = {
        "scenario": name,
        "seed": options.seed,
        "version": __version__,
        "ok": ok,
        "digest": mesh.transcript.digest(),
        "sites": list(mesh.hosts),
        "exchanges": len(mesh.transcript),
        "repeat": repeat(name, options, fault_specs, served=isinstance(mesh, ServedMesh)),
        "flows": [msgspec.to_builtins(flow) for flow in flows.done],
        "invariants": [
            {"name": f.name, "ok": f.ok, "checked": f.checked, "reason": f.reason} for f in findings
        ],
    }
    if flows.tables:
        report["tables"] = flows.tables
    return Run(report, mesh)


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def _logged() -> Iterator[list[str]]:
    """All that is logged within the block, by us or by what we use."""
    handler = _Lines()
    logging.getLogger().addHandler(handler)
    try:
        yield handler.lines
    finally:
        logging.getLogger().removeHandler(handler)


def check(scenario: ModuleType, options: Options, fault_specs: Sequence[str] = ()) -> None:
    """ValueError or plugins.UnknownPlugin, which says what to ask for instead, if that cannot be run."""
    topology: Topology = scenario.topology(options)
    load_faults(fault_specs)
    known = [parse_host(plan.host) for plan in topology.sites]
    known += [] if topology.directory is None else [parse_host(topology.directory)]
    for spec in fault_specs:
        name, given = faults.parse(spec)
        for option in sorted(HOSTS & given.keys()):
            for host in given[option].split("+"):
                if host not in (*known, "*"):
                    there = ", ".join(known[:20])
                    raise ValueError(f"{name}: {option}={host} is not in this mesh; there are: {there}")


def entries(transcript: Transcript) -> Iterator[dict[str, Any]]:
    """The exchanges as plain facts, for reports, which know nothing of ours."""
    for e in transcript:
        yield {
            "number": e.number,
            "source": e.source,
            "target": e.target,
            "method": e.request.method,
            "url": e.request.url,
            "headers": e.request.headers,
            "body": e.request.body,
            "status": e.response.status if e.response else None,
            "answer_headers": e.response.headers if e.response else {},
            "answer": e.response.body if e.response else b"",
            "started": e.started,
            "ended": e.ended,
            "error": e.error,
            "faults": e.faults,
        }


def secrets(mesh: Composition) -> set[str]:
    """All that a report of the run must not tell."""
    facts = mesh.facts()
    return credentials(facts) | set(invited(facts))


def load_faults(specs: Sequence[str]) -> list[tuple[str, faults.Fault]]:
    """The faults that `NAME:ARGS` texts name; ValueError or plugins.UnknownPlugin."""
    loaded = []
    for spec in specs:
        name, options = faults.parse(spec)
        loaded.append((name, plugins.load("faults", name)(**options)))
    return loaded


def repeat(name: str, options: Options, fault_specs: Sequence[str], *, served: bool = False) -> str:
    """The command that repeats a run."""
    words = ["meshsim run", name]
    for option in ("sites", "users"):
        value = getattr(options, option)
        if value is not None:
            words.append(f"--{option} {value}")
    words.append(f"--seed {options.seed}")
    words += ["--served"] * served
    words += [f"--fault '{spec}'" for spec in fault_specs]
    return " ".join(words)
