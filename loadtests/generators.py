"""What our HTTP user can do, beside Locust's own and wrk: one target, one core each; `meshsim bench --load`.

Contenders take turns, round after round; what counts is the processor time of the generator. Locust runs
headless, each contender in a process of its own; wrk is no user of Locust, and shows what the target could
answer. With and without books are seconds of one and the same process, in turn.
"""

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from loadtests import bounds, meshes, wrk
from loadtests.bench import row
from loadtests.servers import Served, cores, free_port, pinned

Row = dict[str, Any]
Tell = Callable[[str], None]

ROUNDS = 5
USERS = 32
PEERS = 16
"""Users of the six-request flow, each with a peer of its own."""
HERE = Path(__file__).parent

GENERATORS = {"HttpUser": "Locust HttpUser", "FastHttpUser": "Locust FastHttpUser"}
GOALS = {"HttpUser": 8.0, "FastHttpUser": 3.0}
BOOKS = 0.85
"""Of the rate without histogram and ledger, with them."""
WRK_FLOW = """
wrk.headers["Depth"] = "0"
local n = 0
request = function()
  n = n + 1
  if n %% 2 == 1 then return wrk.format("PROPFIND", path) end
  return wrk.format("GET", path .. "/%s")
end
"""


def measure(only: str, seconds: float, tell: Tell = lambda text: None) -> Iterator[Row]:
    """The rows whose id contains `only`; `seconds` for each contender in a round, a second at least."""
    rounds, span = (1 if seconds < 1 else ROUNDS), max(seconds, 1.0)
    if any(only in f"load-get-1k-{name}" for name in (*GENERATORS, "wrk", "books")):
        yield from (row for row in _gets(span, rounds, tell) if only in row["id"])
    if any(only in f"load-flow-{name}" for name in (*GENERATORS, "wrk")):
        yield from (row for row in _flows(span, rounds, tell) if only in row["id"])
    yield from bounds.measure(only, seconds, tell)


def _gets(seconds: float, rounds: int, tell: Tell) -> Iterator[Row]:
    """GET of 1 KiB from a target that does nothing else."""
    with _null() as url:
        served = Served(None, url, HERE)  # type: ignore[arg-type]

        def of_wrk() -> float:
            return _wrk(served, "/", USERS, seconds)

        asked = {"work": "gets", "url": url, "users": USERS, "seconds": seconds}
        found, closed = _rounds(asked, rounds, of_wrk, tell, closed=True)
    for name, told in {**GENERATORS, "wrk": "wrk"}.items():
        if name in found:
            yield _beside(f"load-get-1k-{name}", "requests", found, name, told, GOALS.get(name))
    ratio = median(a / b for a, b in zip(found["ours"], closed, strict=True))
    yield row(
        *("load-get-1k-books", "requests per CPU-second", median(found["ours"]), median(closed)),
        "itself without histogram and ledger",
        ratio=ratio,
        goal=f">= {BOOKS:g}: the books cost at most {1 - BOOKS:.0%}",
        met=ratio >= BOOKS,
    )


def _flows(seconds: float, rounds: int, tell: Tell) -> Iterator[Row]:
    """The six-request flow at a served site of ours; of wrk, which has no keys, what needs none."""
    with meshes.started("token", 1, 0) as mesh, tempfile.TemporaryDirectory(prefix="meshsim-bench-") as space:
        accounts = Path(space) / "accounts.json"
        accounts.write_text(json.dumps(mesh), encoding="utf-8")
        url = mesh["sites"][0]["url"]
        asked = {"url": url, "users": PEERS, "seconds": seconds, "accounts": str(accounts)}

        def of_wrk() -> float:
            told = contender({**asked, "name": "wrk", "work": "grant"})
            served = Served(None, told["url"], HERE, f"Bearer {told['token']}")  # type: ignore[arg-type]
            return _wrk(served, "", PEERS, seconds, WRK_FLOW % "kib.bin") / 2

        found, _ = _rounds({**asked, "work": "flows"}, rounds, of_wrk, tell)
    for name, told in GENERATORS.items():
        yield _beside(f"load-flow-{name}", "flows", found, name, f"the same peers, by {told}")
    if "wrk" in found:
        told = "wrk: of the six only PROPFIND and GET, with a token it was given"
        yield _beside("load-flow-wrk", "flows", found, "wrk", told)


def _beside(
    name: str, what: str, found: dict[str, list[float]], other: str, told: str, goal: float | None = None
) -> Row:
    ours, peer = found["ours"], found[other]
    # Several figures a round: each round's median beside the other's.
    ratio = median(a / b for a, b in zip(_each_round(ours, peer), peer, strict=True))
    return row(
        *(name, f"{what} per CPU-second", median(ours), median(peer), told),
        ratio=ratio,
        goal="none" if goal is None else f">= {goal:g} of the peer",
        met=goal is None or ratio >= goal,
    )


def _each_round(ours: list[float], peer: list[float]) -> list[float]:
    each = len(ours) // len(peer)
    return [median(ours[n * each : (n + 1) * each]) for n in range(len(peer))]


def _rounds(
    asked: dict[str, Any], rounds: int, of_wrk: Callable[[], float], tell: Tell, *, closed: bool = False
) -> tuple[dict[str, list[float]], list[float]]:
    """Figures of each contender, one a round and of ours one a second; and ours with closed books."""
    found: dict[str, list[float]] = {name: [] for name in ("ours", *GENERATORS)}
    bare: list[float] = []
    absent = wrk.missing()
    if absent:
        tell(f"not measured: {absent}")
    for _ in range(rounds):
        for name in ("ours", *GENERATORS):
            mine = name == "ours" and closed
            order = {**asked, "name": name, "closed": mine, "seconds": asked["seconds"] * (2 if mine else 1)}
            told = contender(order)
            if told["wrong"] or not told["open"]:
                raise RuntimeError(f"{name}: {told['wrong']}")
            found[name] += told["open"] if name == "ours" else [median(told["open"])]
            bare += told["closed"]
        if not absent:
            found.setdefault("wrk", []).append(of_wrk())
    return found, bare


@contextmanager
def _null() -> Iterator[str]:
    """A target that answers 1 KiB to everything."""
    target = pinned(
        [sys.executable, "-m", "loadtests.null", str(free_port()), "1024"],
        cores()[0],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=HERE.parent,
    )
    try:
        yield f"http://127.0.0.1:{int(target.stdout.readline())}"
    finally:
        target.stdin.close()
        target.wait(10)
        target.stdout.close()


def contender(asked: dict[str, Any]) -> dict[str, Any]:
    """What `_generator` found, on a core of its own."""
    with tempfile.TemporaryDirectory(prefix="meshsim-bench-") as space:
        path = Path(space) / "result.json"
        order = json.dumps({**asked, "file": str(path)})
        process = pinned(
            [sys.executable, str(HERE / "_generator.py"), order],
            cores()[1],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=HERE.parent,
        )
        try:
            said, _ = process.communicate(timeout=900)
        finally:
            process.kill()
        if process.returncode or not path.is_file():
            raise RuntimeError(f"{asked['work']}: {said.decode(errors='replace')[-1000:]}")
        found: dict[str, Any] = json.loads(path.read_text())
    return found


def _wrk(served: Served, path: str, connections: int, seconds: float, script: str = "") -> float:
    before = _children()
    done = wrk.load(served, path, connections, seconds, script)
    return done["requests"] * done["span"] / max(_children() - before, 0.01)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
