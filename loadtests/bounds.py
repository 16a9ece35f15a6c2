"""What load must keep to, whatever others do: memory with big files, and the time of a simulated day."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from loadtests.bench import row
from loadtests.servers import ours

Row = dict[str, Any]
Tell = Callable[[str], None]

WHOLE, PART = 10 * 10**9, 50 * 10**6
"""Bytes of the big file, and where the benchmark itself is tried."""
MEMORY = 100 * 10**6 / 2**20
"""MiB (100 MB) that the generator may have in all, Locust included."""
DAY, REQUESTS, SECONDS = 86400.0, 500_000, 90.0
RATE = 1.42
"""Stories a second when a day is busiest, so that there are half a million requests."""


def measure(only: str, seconds: float, tell: Tell) -> Iterator[Row]:
    """The rows whose id contains `only`. Below a second it is tried, and measures nothing."""
    whole = seconds >= 1
    ways = [way for way in ("put", "get") if only in f"load-10g-{way}"]
    if ways:
        yield from _carried(ways, WHOLE if whole else PART, tell)
    if only in "load-day-100-sites":
        yield _day(1.0 if whole else 0.02)


def _carried(ways: list[str], size: int, tell: Tell) -> Iterator[Row]:
    """The most memory of a generator that sends a file to a served site and fetches it."""
    from loadtests.generators import contender

    with tempfile.TemporaryDirectory(prefix="meshsim-bench-") as place:
        space = Path(place)
        free = shutil.disk_usage(space).free
        if free < size * 1.3:
            tell(f"not measured: load-10g: {space} has {free // 10**9} GB free, {size * 1.3 / 1e9:g} needed")
            return
        with (space / "source").open("wb") as source:
            source.truncate(size)
        served = ours.start(space, 0)
        try:
            for way in ways:
                there = served.folder / "big.bin"
                if way == "get":
                    with there.open("wb") as file:
                        file.truncate(size)
                asked = {
                    "work": way,
                    "url": f"{served.url}/big.bin",
                    "authorization": served.authorization,
                    "size": size,
                    "source": str(space / "source"),
                }
                peak = contender(asked)["peak"]
                there.unlink()
                yield row(
                    *(f"load-10g-{way}", f"MiB of the generator, with {size / 1e9:g} GB", peak, None, "none"),
                    limit=MEMORY,
                    goal=f"<= {MEMORY:.1f} MiB (100 MB)",
                    met=peak <= MEMORY and size == WHOLE,
                )
        finally:
            served.stop()


def _day(part: float) -> Row:
    """A simulated day of 100 sites, all that happens in it and all that is looked for afterwards."""
    from loadtests import load

    begun = time.process_time()
    asked = load.Asked(
        story="mixed",
        simulated=True,
        sites=20,
        peers=80,
        arrival="day",
        duration=DAY,
        rate=RATE * part,
    )
    result = load.run(asked)
    spent = time.process_time() - begun
    made = result["generator"]["requests"]
    return row(
        *("load-day-100-sites", f"seconds of one core for {made} requests", spent, None, "none"),
        limit=SECONDS,
        goal=f"<= {SECONDS:g} s, {REQUESTS} requests, and a right ledger",
        met=spent <= SECONDS and made >= REQUESTS and result["ok"],
    )
