"""Speed over sockets: our site with token check, and other WebDAV servers at the same work on the same cores.

The server has one core, the client another. Contenders take turns, round after round, so that what else the
machine does hits all alike; figures are medians of the rounds, ratios medians of the rounds' ratios.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from loadtests import wrk
from loadtests._contender import MIB, Contender, Do, clear, fill
from loadtests.bench import row
from loadtests.servers import Served, apache, cheroot, nginx, ours, rclone

Row = dict[str, Any]

OURS = "ours"
ROUNDS = 5
"""Of small requests, which other work on the machine touches most."""
STREAMED = 10_000_000_000
"""Bytes of the file that must go through without growing us."""
SLOW_DISK = 600.0
"""Seconds in which it must be through."""
GROWTH = 32.0
"""MiB that the server may grow by meanwhile."""

RIVALS = {"cheroot": cheroot, "rclone": rclone, "apache": apache, "nginx": nginx}


class Work(NamedTuple):
    """One thing to measure: what a server does in how many seconds, and by how much we are to be ahead."""

    unit: str
    do: Do
    goals: dict[str, float]
    rounds: int = 3


def measure(only: str, seconds: float, tell: Callable[[str], None] = lambda text: None) -> Iterator[Row]:
    """The rows whose id contains `only`; `seconds` for each contender in a round.

    `tell` hears what is measured now, what cannot be, and why.
    """
    reason = wrk.missing()
    if reason:
        tell(reason)
        return
    short = seconds < 1  # a try of the benchmark itself, not a measurement
    chosen = {name: work for name, work in WORKS.items() if only in name and not (short and "1g" in name)}
    streams = [way for way in ("put", "get") if only in f"stream-10g-{way}" and not short]
    if chosen:
        with ExitStack() as stack:
            space = stack.enter_context(tempfile.TemporaryDirectory(prefix="meshsim-bench-", dir=_memory()))
            contenders = dict(_started(stack, Path(space), tell))
            for number, (name, work) in enumerate(chosen.items(), 1):
                tell(f"{name}, {number} of {len(chosen)}")
                yield from _compared(name, work, contenders, seconds, 1 if short else work.rounds)
    if streams:
        with tempfile.TemporaryDirectory(prefix="meshsim-bench-") as space:
            yield from _streamed(Path(space), streams, tell)
    if only in "flow-signed-sockets":
        yield _flows(seconds)


def _started(stack: ExitStack, space: Path, tell: Callable[[str], None]) -> Iterator[tuple[str, Contender]]:
    """Every server that can be had here, with the same files."""
    for name, module in {OURS: ours, **RIVALS}.items():
        reason = module.missing()
        if not reason:
            try:
                contender = Contender(module, space, partial(fill, big=space))
            except (RuntimeError, OSError) as error:
                if name == OURS:
                    raise
                reason = str(error)
            else:
                stack.callback(contender.stop)
                yield name, contender
        if reason:
            tell(f"not measured: {module.NAME}: {reason}")


def _compared(
    name: str, work: Work, contenders: dict[str, Contender], seconds: float, rounds: int
) -> Iterator[Row]:
    found: dict[str, list[tuple[float, float] | None]] = {one: [] for one in contenders}
    for _ in range(rounds):
        for one, contender in contenders.items():
            found[one].append(contender.do(work.do, seconds))
    for peer in contenders:
        if peer != OURS:
            yield from _rows(name, work, peer, found[OURS], found[peer], contenders)


def _rows(
    name: str,
    work: Work,
    peer: str,
    mine: Sequence[tuple[float, float] | None],
    others: Sequence[tuple[float, float] | None],
    contenders: dict[str, Contender],
) -> Iterator[Row]:
    """The two of us beside each other, in the rounds in which neither broke off."""
    goal = work.goals.get(peer)
    both = [(a, b) for a, b in zip(mine, others, strict=True) if a is not None and b is not None]
    troubles = [
        f"{contenders[one].name} broke off in {figures.count(None)} of {len(figures)} rounds: "
        f"{contenders[one].trouble}"
        for one, figures in ((OURS, mine), (peer, others))
        if None in figures
    ]
    ratio = median(a / b for (a, _), (b, _) in both) if both else None
    met: bool | None = goal is None or (ratio is not None and (ratio > goal if goal == 1 else ratio >= goal))
    if None in mine:
        met = False
    elif ratio is None and goal is not None:
        met = None  # nothing to compare
    yield row(
        *(f"{name}-{peer}", work.unit, _middle(mine), _middle(others), RIVALS[peer].NAME),
        ratio=ratio,
        goal="none" if goal is None else f"{'>' if goal == 1 else '>='} {goal:g} of the peer",
        met=met,
        **({"note": "; ".join(troubles)} if troubles else {}),
    )
    if both:
        # On a machine with other work a server of many threads gets more of its core than one of a single
        # thread; for the processor time it really had, nobody else is to blame.
        each = [(a / my_share, b / share) for (a, my_share), (b, share) in both]
        yield row(
            *(f"{name}-{peer}-cpu", f"{work.unit} of processor time"),
            *(median(a for a, _ in each), median(b for _, b in each), RIVALS[peer].NAME),
            ratio=median(a / b for a, b in each),
            goal="none",
            met=True,
        )


def _middle(figures: Sequence[tuple[float, float] | None]) -> float | None:
    """The median of the rounds that went well; None if none did."""
    found = [figure[0] for figure in figures if figure is not None]
    return median(found) if found else None


def _memory() -> str | None:
    """Where files lie in memory, so that no disk is measured, if 64 of 64 MiB have room; else None."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > 6 << 30 else None


def _streamed(space: Path, ways: list[str], tell: Callable[[str], None]) -> Iterator[Row]:
    """How much the server grows while a big file, of which only the copy takes space, goes through it."""
    free = shutil.disk_usage(space).free
    if free < STREAMED * 1.3:
        tell(f"not measured: stream-10g: {space} has {free // 10**9} GB free, 13 are needed")
        return
    (space / "ours").mkdir()
    server = ours.start(space / "ours", 0)
    try:
        yield from _grown(server, space, ways)
    finally:
        server.stop()


def _grown(server: Served, space: Path, ways: list[str]) -> Iterator[Row]:
    source = space / "source"
    with source.open("wb") as file:
        file.truncate(STREAMED)
    acts: dict[str, Callable[[], object]] = {
        "put": lambda: wrk.upload(server, source, 1, 1, SLOW_DISK),
        "get": lambda: wrk.download(server, "/source", 1, 1, SLOW_DISK),
    }
    for way in ways:
        if way == "get":
            with (server.folder / "source").open("wb") as file:
                file.truncate(STREAMED)
        Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")  # forget the peak so far
        before = _peak(server.process.pid)
        growth, trouble = None, {}
        try:
            acts[way]()
            growth = (_peak(server.process.pid) - before) / 1024
        except (wrk.Failed, OSError) as error:
            trouble = {"note": str(error)}
        yield row(
            *(f"stream-10g-{way}", "MiB of growth", growth, None, "none"),
            limit=GROWTH,
            goal=f"<= {GROWTH:g} MiB",
            met=growth is not None and growth <= GROWTH,
            **trouble,
        )
        clear(server.folder)
        (server.folder / "source").unlink(missing_ok=True)


def _peak(pid: int) -> int:
    """The most memory a process had, in KiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise RuntimeError("no VmHWM")


def _flows(seconds: float) -> Row:
    """The six-request flow between two served sites in one process, a signature on each call."""
    from msgspec.structs import replace

    from loadtests.peers.mesh import six_requests
    from meshsim.served import ServedMesh
    from meshsim.topology import Topology, default_topology

    plans = tuple(
        replace(plan, scheme="http", settings={"unsigned_tokens": True}) for plan in default_topology(2).sites
    )
    with ServedMesh(Topology(plans)) as mesh:
        alpha, beta = (mesh.site(host) for host in mesh.hosts)
        figures, number = [], 0
        for turn in range(ROUNDS + 1):
            start, count = time.perf_counter(), 0
            while time.perf_counter() - start < seconds or not count:
                mesh.run(six_requests(alpha, beta, number))
                number += 1
                count += 1
            if turn:
                figures.append(count / (time.perf_counter() - start))
    return row(
        *("flow-signed-sockets", "flows a second", median(figures), None, "none"), goal="none", met=True
    )


def _requests(path: str, connections: int, script: str = "") -> Do:
    def do(server: Served, seconds: float) -> float:
        found = wrk.load(server, path, connections, seconds, script)
        # None in all the time is less than one.
        return max(found["requests"], 1 / found["span"])

    return do


def _downloads(path: str, connections: int, count: int) -> Do:
    # Where 64 share a core with others, some wait a second for the first byte.
    return lambda server, seconds: wrk.download(server, path, connections, count, 3 * seconds) / MIB


def _uploads(path: str, connections: int, count: int) -> Do:
    def do(server: Served, seconds: float) -> float:
        return wrk.upload(server, server.folder / path.removeprefix("/"), connections, count) / MIB

    return do


def _small(do: Do, goals: dict[str, float]) -> Work:
    return Work("requests a second", do, goals, ROUNDS)


def _big(do: Do) -> Work:
    return Work("MiB a second", do, {**AHEAD, "nginx": 0.9})


AHEAD = {"cheroot": 1.0, "rclone": 1.0}
_FIRST = {**AHEAD, "apache": 1.0}
WORKS: dict[str, Work] = {}
for _n in (1, 16, 64):
    WORKS |= {
        f"get-1k-c{_n}": _small(_requests("/file-1k", _n), {**_FIRST, "nginx": 0.3}),
        f"put-1k-c{_n}": _small(_requests("", _n, wrk.PUT), _FIRST),
        f"propfind-100-c{_n}": _small(_requests("/folder-100/", _n, wrk.PROPFIND), _FIRST),
        f"propfind-1000-c{_n}": _small(_requests("/folder-1000/", _n, wrk.PROPFIND), _FIRST),
        f"mkcol-delete-c{_n}": _small(_requests("", _n, wrk.MKCOL), AHEAD),
        f"get-64m-c{_n}": _big(_downloads("/file-64m", _n, max(16, _n))),
        f"put-64m-c{_n}": _big(_uploads("/file-64m", _n, max(4, _n))),
        f"get-1g-c{_n}": _big(_downloads("/file-1024m", _n, _n)),
    }
# More at once would need as many GiB of disk for each server.
WORKS["put-1g-c1"] = _big(_uploads("/file-1024m", 1, 1))
