"""Speed, as ratios with peers measured in the same run; `meshsim bench` prints what comes out.

Contenders run in turn, each in a process of its own where it goes by the processor's time, round after
round, so that what else the machine does hits all of them alike.
A ratio is the median of the rounds' ratios.
"""

import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from statistics import median
from typing import Any

from loadtests import suite
from loadtests.peers import direct, starlette
from loadtests.peers.apart import contender
from meshsim.entropy import stream
from meshsim.mesh import Mesh, Topology, default_topology
from meshsim.network.kernel import sleep
from meshsim.wire import Request

ROUNDS = 5
KIB = 1024.0

Row = dict[str, Any]


def measure(only: str, seconds: float) -> Iterator[Row]:
    """The rows whose id contains `only`, as they are measured; `seconds` for each contender in a round."""
    for name, make in MEASUREMENTS.items():
        if only in name:
            yield from make(name, seconds)


def row(name: str, unit: str, ours: float | None, peer: float | None, peer_name: str, **rest: Any) -> Row:
    """One row; see reports/schemas/bench.json."""
    made = {"id": name, "unit": unit, "ours": ours, "peer": peer, "peer_name": peer_name}
    return {**made, "limit": None, "ratio": None, **rest}


def rates(names: Sequence[str], seconds: float, *, signed: bool) -> dict[str, list[float]]:
    """Flows per CPU-second of each contender, one figure a round; a first round warms up."""
    with ExitStack() as running:
        contenders = {name: running.enter_context(contender(name, signed=signed)) for name in names}
        rounds = [{name: rate(seconds) for name, rate in contenders.items()} for _ in range(ROUNDS + 1)]
    return {name: [found[name] for found in rounds[1:]] for name in names}


def flows(name: str, seconds: float, *, signed: bool) -> Iterator[Row]:
    """The six-request flow: a mesh, the direct-call limit, and httpx with Starlette."""
    goals = {"direct": 0.75} if signed else {"direct": 0.40, "starlette": 5.0}
    names = {"direct": "direct calls (the limit)", "starlette": "httpx ASGITransport to Starlette"}
    found = rates(["mesh", *goals], seconds, signed=signed)
    for peer, goal in goals.items():
        ratio = median(one / other for one, other in zip(found["mesh"], found[peer], strict=True))
        yield row(
            f"{name}-{peer}",
            "flows per CPU-second",
            median(found["mesh"]),
            median(found[peer]),
            names[peer],
            ratio=ratio,
            goal=f">= {goal:g} of the peer",
            met=ratio >= goal,
        )


def sites(name: str, seconds: float, *, count: int, limit: float) -> Iterator[Row]:
    """Time to a mesh of many sites, against as many Starlette applications."""
    ours, peers = [], []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        made = Mesh(count)
        ours.append((time.perf_counter() - start) * 1000)
        made.kernel.close()
        start = time.perf_counter()
        few = [starlette.application(direct.Site(f"s{n}.example", bytes(32))) for n in range(count // 50)]
        peers.append((time.perf_counter() - start) * 1000 * 50)
        del few
    yield row(
        name,
        "ms",
        median(ours),
        median(peers),
        "a Starlette application a site (one in fifty made)",
        limit=limit,
        ratio=median(peers) / median(ours),
        goal=f"<= {limit:g} ms",
        met=median(ours) <= limit,
    )


def memory(name: str, seconds: float) -> Iterator[Row]:
    """Memory of sites that nobody has used yet, beyond what one site needs."""
    count, limit = 5000, 5.0
    Mesh(2).kernel.close()
    topologies = default_topology(1), default_topology(count)
    used = []
    for topology in topologies:
        tracemalloc.start()
        kept = Mesh(topology)
        used.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        kept.kernel.close()
    tracemalloc.start()
    spare = default_topology(count)
    described = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    each = (used[1] - used[0] + described) / len(spare.sites) / KIB
    yield row(
        *(name, "KiB a site", each, None, "none"),
        limit=limit,
        goal=f"<= {limit:g} KiB a site",
        met=each <= limit,
    )


def traffic(name: str, seconds: float) -> Iterator[Row]:
    """1000 sites for 1000 simulated seconds: each asks a random other every ten seconds, on average."""
    count, span, requests, limit = 1000, 1000.0, 100_000, 12.0
    if seconds < 0.5:  # a try of the benchmark itself, not a measurement of it
        count, requests = 10, 1000
    walls, digests = [], set()
    for _ in range(2):
        start = time.perf_counter()
        digests.add(_traffic(count, span, requests))
        walls.append(time.perf_counter() - start)
    yield row(
        *(name, "seconds", max(walls), None, "itself, repeated: same seed, same trace"),
        limit=limit,
        goal=f"<= {limit:g} s and one digest",
        met=max(walls) <= limit and len(digests) == 1 and count == 1000,
    )


def _traffic(count: int, span: float, requests: int) -> str:
    made = Mesh(Topology(default_topology(count).sites, latency=0.02), seed=1)
    each = requests // count

    async def talk(host: str, number: int) -> None:
        chance = stream(1, "traffic", host)
        network = made.site(host).ports.network
        for _ in range(each):
            await sleep(chance.uniform(0.0, 2 * span / each))
            other = made.hosts[chance.randrange(count)]
            answer = await network.send(Request("GET", f"https://{other}/.well-known/ocm"))
            if answer.status != 200:
                raise ValueError(answer.status)

    for number, host in enumerate(made.hosts):
        made.kernel.spawn(talk(host, number))
    made.settle(3 * span)
    if len(made.transcript) != each * count:
        raise ValueError(f"{len(made.transcript)} exchanges")
    digest = made.transcript.digest()
    made.kernel.close()
    return digest


def conformance(name: str, seconds: float) -> Iterator[Row]:
    """The suite against the standard site: when the first verdict is there, and when all are."""
    first, whole = suite.first_and_whole()
    unit = "seconds of one core"
    for part, ours, limit in (("first", first, suite.FIRST), ("all", whole, suite.WHOLE)):
        goal = f"<= {limit:g} s"
        yield row(f"{name}-{part}", unit, ours, None, "none", limit=limit, goal=goal, met=ours <= limit)


def kills(name: str, seconds: float) -> Iterator[Row]:
    """The suite against every mutant, and the ordinary sites they depart from."""
    few = seconds < 0.5  # a try of the benchmark itself, not a measurement of it
    ours, count = suite.mutants(few=few)
    yield row(
        *(name, f"seconds of two cores for {count} mutants", ours, None, "none"),
        limit=suite.MUTANTS,
        goal=f"<= {suite.MUTANTS:g} s",
        met=ours <= suite.MUTANTS and not few,
    )


MEASUREMENTS: dict[str, Callable[[str, float], Iterator[Row]]] = {
    "flow-unsigned": lambda name, seconds: flows(name, seconds, signed=False),
    "flow-signed": lambda name, seconds: flows(name, seconds, signed=True),
    "sites-1000": lambda name, seconds: sites(name, seconds, count=1000, limit=50.0),
    "sites-5000": lambda name, seconds: sites(name, seconds, count=5000, limit=250.0),
    "memory-5000": memory,
    "traffic-1000": traffic,
    "conformance": conformance,
    "mutants": kills,
}
