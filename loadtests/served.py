"""Speed over sockets: our site with token check, and other WebDAV servers at the same work on the same cores.

The server has one core, the client another. Contenders take turns, round after round, so that what else the
machine does hits all alike; figures are medians of the rounds, ratios medians of the rounds' ratios.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from loadtests import wrk
from loadtests.bench import row
from loadtests.servers import Served, apache, cheroot, free_port, nginx, ours, rclone

Row = dict[str, Any]

MIB = 1 << 20
ROUNDS = 3
STREAMED = 10_000_000_000
"""Bytes of the file that must go through without growing us."""
GROWTH = 32.0
"""MiB that the server may grow by meanwhile."""

RIVALS = {"cheroot": cheroot, "rclone": rclone, "apache": apache, "nginx": nginx}


class Work(NamedTuple):
    """One thing to measure: what a server does in how many seconds, and by how much we are to be ahead."""

    unit: str
    do: Callable[[Served, float], float]
    goals: dict[str, float]


def measure(only: str, seconds: float, tell: Callable[[str], None] = lambda text: None) -> Iterator[Row]:
    """The rows whose id contains `only`; `seconds` for each contender in a round.

    `tell` hears what cannot be measured, and why.
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
            served = dict(_started(stack, Path(space), tell))
            for name, work in chosen.items():
                yield from _compared(name, work, served, seconds, tell, 1 if short else ROUNDS)
    if streams:
        with tempfile.TemporaryDirectory(prefix="meshsim-bench-") as space:
            yield from _streamed(Path(space), streams, tell)
    if only in "flow-signed-sockets":
        yield _flows(seconds)


def _started(stack: ExitStack, space: Path, tell: Callable[[str], None]) -> Iterator[tuple[str, Served]]:
    """Every server that can be had here, with the same files."""
    for name, module in {"ours": ours, **RIVALS}.items():
        reason = module.missing()
        if reason:
            tell(f"not measured: {module.NAME}: {reason}")
            continue
        own = space / name
        (own / "data").mkdir(parents=True)
        space.chmod(0o755)  # Apache serves as another user
        server = module.start(own, free_port())
        stack.callback(server.stop)
        _fill(server.folder, space)
        yield name, server


def _fill(folder: Path, big: Path) -> None:
    """What every server serves; `big` has the big files, which all of them share."""
    (folder / "file-1k").write_bytes(b"x" * 1024)
    for size in (64 * MIB, 1024 * MIB):
        file = big / f"file-{size // MIB}m"
        if not file.exists():
            # Not a hole, which no memory is read for.
            piece = os.urandom(MIB)
            with file.open("wb") as out:
                for _ in range(size // MIB):
                    out.write(piece)
        (folder / file.name).hardlink_to(file)
    for count in (100, 1000):
        (folder / f"folder-{count}").mkdir()
        for number in range(count):
            (folder / f"folder-{count}" / f"file-{number:04}.txt").write_bytes(b"x")
    owner = folder.stat()
    for place in folder.rglob("*"):
        os.chown(place, owner.st_uid, owner.st_gid)


def _compared(
    name: str,
    work: Work,
    served: dict[str, Served],
    seconds: float,
    tell: Callable[[str], None],
    rounds: int,
) -> Iterator[Row]:
    found: dict[str, list[float]] = {one: [] for one in served}
    shares: dict[str, list[float]] = {one: [] for one in served}
    for _ in range(rounds):
        for one in [one for one in served if one in found]:
            used, began = served[one].cpu(), time.perf_counter()
            try:
                found[one].append(work.do(served[one], seconds))
            except wrk.Failed as error:
                if one == "ours":
                    raise
                tell(f"not measured: {name} of {RIVALS[one].NAME}: {error}")
                del found[one]
            used, spent = served[one].cpu() - used, time.perf_counter() - began
            shares[one].append(max(used / spent, 0.01))
            _clear(served[one].folder)
    mine, my_share = found.pop("ours"), shares["ours"]
    for peer, figures in found.items():
        ratio = median(a / b for a, b in zip(mine, figures, strict=True))
        goal = work.goals.get(peer)
        yield row(
            *(f"{name}-{peer}", work.unit, median(mine), median(figures), RIVALS[peer].NAME),
            ratio=ratio,
            goal="none" if goal is None else f"{'>' if goal == 1 else '>='} {goal:g} of the peer",
            met=goal is None or (ratio > goal if goal == 1 else ratio >= goal),
        )
        # On a machine with other work a server of many threads gets more of its core than one of a single
        # thread; for the processor time it really had, nobody else is to blame.
        ours_each = [a / b for a, b in zip(mine, my_share, strict=True)]
        peer_each = [a / b for a, b in zip(figures, shares[peer], strict=True)]
        yield row(
            *(f"{name}-{peer}-cpu", f"{work.unit} of processor time"),
            *(median(ours_each), median(peer_each), RIVALS[peer].NAME),
            ratio=median(a / b for a, b in zip(ours_each, peer_each, strict=True)),
            goal="none",
            met=True,
        )


def _clear(folder: Path) -> None:
    """Remove what was put there, so that the disk holds one round's files at most."""
    for place in [*folder.glob("big-*"), *folder.glob("made-*")]:
        with suppress(FileNotFoundError):
            place.rmdir() if place.is_dir() else place.unlink()


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
        "put": lambda: wrk.upload(server, source, 1, 1),
        "get": lambda: wrk.download(server, "/source", 1, 1),
    }
    for way in ways:
        if way == "get":
            with (server.folder / "source").open("wb") as file:
                file.truncate(STREAMED)
        Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")  # forget the peak so far
        before = _peak(server.process.pid)
        acts[way]()
        growth = (_peak(server.process.pid) - before) / 1024
        yield row(
            *(f"stream-10g-{way}", "MiB of growth", growth, None, "none"),
            limit=GROWTH,
            goal=f"<= {GROWTH:g} MiB",
            met=growth <= GROWTH,
        )
        _clear(server.folder)
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


def _requests(path: str, connections: int, script: str = "") -> Callable[[Served, float], float]:
    def do(server: Served, seconds: float) -> float:
        found = wrk.load(server, path, connections, seconds, script)
        # None in all the time is less than one.
        return max(found["requests"], 1 / found["span"])

    return do


def _downloads(path: str, connections: int, count: int) -> Callable[[Served, float], float]:
    return lambda server, seconds: wrk.download(server, path, connections, count, seconds) / MIB


def _uploads(path: str, connections: int, count: int) -> Callable[[Served, float], float]:
    def do(server: Served, seconds: float) -> float:
        return wrk.upload(server, server.folder / path.removeprefix("/"), connections, count) / MIB

    return do


AHEAD = {"cheroot": 1.0, "rclone": 1.0}
WORKS: dict[str, Work] = {}
for _connections in (1, 16, 64):
    _c = f"c{_connections}"
    _small = {**AHEAD, "apache": 1.0}
    WORKS |= {
        f"get-1k-{_c}": Work(
            "requests a second", _requests("/file-1k", _connections), {**_small, "nginx": 0.3}
        ),
        f"put-1k-{_c}": Work("requests a second", _requests("", _connections, wrk.PUT), _small),
        f"propfind-100-{_c}": Work(
            "requests a second", _requests("/folder-100/", _connections, wrk.PROPFIND), _small
        ),
        f"propfind-1000-{_c}": Work(
            "requests a second", _requests("/folder-1000/", _connections, wrk.PROPFIND), _small
        ),
        f"mkcol-delete-{_c}": Work("requests a second", _requests("", _connections, wrk.MKCOL), AHEAD),
        f"get-64m-{_c}": Work(
            "MiB a second",
            _downloads("/file-64m", _connections, max(16, _connections)),
            {**AHEAD, "nginx": 0.9},
        ),
        f"put-64m-{_c}": Work(
            "MiB a second", _uploads("/file-64m", _connections, max(4, _connections)), {**AHEAD, "nginx": 0.9}
        ),
        f"get-1g-{_c}": Work(
            "MiB a second", _downloads("/file-1024m", _connections, _connections), {**AHEAD, "nginx": 0.9}
        ),
    }
# More at once would need as many GiB of disk for each server.
WORKS["put-1g-c1"] = Work("MiB a second", _uploads("/file-1024m", 1, 1), {**AHEAD, "nginx": 0.9})
