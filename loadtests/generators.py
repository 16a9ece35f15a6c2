"""What our HTTP user can do, beside Locust's own and wrk: one target, one core each; `meshsim bench --load`.

Contenders take turns, round after round. Locust runs as users run it, headless, each in a process of its own;
wrk is no user of Locust, and shows what the target could answer.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from loadtests.bench import row
from loadtests.servers import cores, free_port, pinned, program

Row = dict[str, Any]

ROUNDS = 3
USERS = 32
HERE = Path(__file__).parent

GENERATORS = {
    "HttpUser": "Locust HttpUser",
    "FastHttpUser": "Locust FastHttpUser",
    "wrk": "wrk",
}
GOALS = {"HttpUser": 8.0, "FastHttpUser": 3.0}
BOOKS = 0.85
"""Of the rate without histogram and ledger, with them."""


def measure(only: str, seconds: float, tell: Callable[[str], None] = lambda text: None) -> Iterator[Row]:
    """The rows whose id contains `only`; `seconds` for each contender in a round."""
    rounds = 1 if seconds < 1 else ROUNDS
    if any(only in f"load-get-1k-{name}" for name in (*GENERATORS, "books")):
        yield from _gets(only, max(seconds, 1.0), rounds, tell)
    if only in "load-day-100-sites":
        yield _day(0.02 if seconds < 1 else 1.0)


def _gets(only: str, seconds: float, rounds: int, tell: Callable[[str], None]) -> Iterator[Row]:
    port = free_port()
    target = pinned(
        [sys.executable, "-m", "loadtests.null", str(port), "1024"],
        cores()[0],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=HERE.parent,
    )
    try:
        if target.stdout is None:
            raise RuntimeError("no pipe")
        url = f"http://127.0.0.1:{int(target.stdout.readline())}"
        contenders = ["ours", "bare", "HttpUser", "FastHttpUser"]
        if program("wrk"):
            contenders.append("wrk")
        else:
            tell("not measured: wrk is not there; install it with .ci/clients")
        found: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(rounds):
            for name in contenders:
                found[name].append(_wrk(url, seconds) if name == "wrk" else _locust(name, url, seconds))
    finally:
        if target.stdin is not None:
            target.stdin.close()
        target.wait(10)
        if target.stdout is not None:
            target.stdout.close()
    ours = found["ours"]
    for name, told in GENERATORS.items():
        if name in found and only in f"load-get-1k-{name}":
            ratio = median(a / b for a, b in zip(ours, found[name], strict=True))
            goal = GOALS.get(name)
            yield row(
                *(f"load-get-1k-{name}", "requests per CPU-second", median(ours), median(found[name]), told),
                ratio=ratio,
                goal="none" if goal is None else f">= {goal:g} of the peer",
                met=goal is None or ratio >= goal,
            )
    if only in "load-get-1k-books":
        ratio = median(a / b for a, b in zip(ours, found["bare"], strict=True))
        yield row(
            *("load-get-1k-books", "requests per CPU-second", median(ours), median(found["bare"])),
            "itself without histogram and ledger",
            ratio=ratio,
            goal=f">= {BOOKS:g}: the books cost at most {1 - BOOKS:.0%}",
            met=ratio >= BOOKS,
        )


def _locust(name: str, url: str, seconds: float) -> float:
    """Requests for each second of processor time that the generator used, of which it has one core."""
    with tempfile.TemporaryDirectory(prefix="meshsim-bench-") as space:
        path = Path(space) / "result.json"
        process = pinned(
            [sys.executable, str(HERE / "_gets.py"), name, url, str(USERS), str(seconds), str(path)],
            cores()[1],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=HERE.parent,
        )
        try:
            said, _ = process.communicate(timeout=60 + 10 * seconds)
        finally:
            process.kill()
        if process.returncode:
            raise RuntimeError(f"{name}: {said.decode(errors='replace')[-1000:]}")
        told = json.loads(path.read_text())
    return float(told["requests"]) / float(told["cpu"])


def _wrk(url: str, seconds: float) -> float:
    command = [program("wrk"), "-t1", f"-c{USERS}", f"-d{max(round(seconds), 1)}", url]
    before = time.process_time(), _children()
    said = pinned(command, cores()[1], stdout=subprocess.PIPE, text=True).communicate(timeout=60)[0]
    used = _children() - before[1]
    count = re.search(r"(\d+) requests in", said)
    if count is None:
        raise RuntimeError(f"wrk: {said[-500:]}")
    return int(count[1]) / max(used, 0.01)


def _children() -> float:
    import resource

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _day(part: float) -> dict[str, Any]:
    """A simulated day of 100 sites, with half a million requests."""
    from loadtests import load

    begun = time.process_time()
    asked = load.Asked(
        story="mixed",
        simulated=True,
        sites=20,
        peers=80,
        arrival="day",
        duration=86400.0,
        rate=1.4 * part,
    )
    result = load.run(asked)
    spent = time.process_time() - begun
    made = result["generator"]["requests"]
    each = spent / max(made, 1) * 500_000
    return row(
        *("load-day-100-sites", "seconds for 500,000 requests", each, None, "none"),
        limit=90.0,
        goal="<= 90 s, and a right ledger",
        met=each <= 90 and result["ok"] and part == 1.0,
    )
