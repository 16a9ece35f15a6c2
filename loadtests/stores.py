"""What durability costs: commits each second, of each store and of SQLite alone, in one run.

`python -m loadtests.stores [SECONDS]`.
"""

import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from meshsim.ocm.address import OcmAddress
from meshsim.site.records import TYPES, Errand, SentShare
from meshsim.stores import memory, sqlite

HOST = "alpha.example.org"


def changes(number: int) -> list:  # type: ignore[type-arg]
    """What a site commits when a share is given: its row, and an errand."""
    name = f"share-{number}"
    share = SentShare(
        *(name, "alice", "/alice/notes.txt", "notes.txt", "file", OcmAddress("bob", "b.example"), "user"),
        *(("read",), (), "0123456789abcdef0123456789abcdef", None, 1767225600.5),
    )
    errand = Errand(f"sent {name}", "sent", name, "b.example", 1767225600.5, 1767225600.5)
    return [share.put(), errand.put()]


def commits(act: Callable[[int], None], seconds: float) -> float:
    """How often `act` can be done in a second."""
    done, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < seconds:
        for _ in range(20):
            act(done)
            done += 1
    return done / (time.perf_counter() - begin)


def raw(database: sqlite3.Connection, level: str) -> Callable[[int], None]:
    """Two rows of the same size in the plainest table."""
    database.execute("PRAGMA journal_mode = WAL")
    database.execute(f"PRAGMA synchronous = {level}")
    database.execute("CREATE TABLE rows (key TEXT PRIMARY KEY, row TEXT)")
    row, errand = "x" * 330, "x" * 150

    def act(number: int) -> None:
        database.execute("BEGIN")
        database.execute("INSERT INTO rows VALUES (?, ?)", (f"s{number}", row))
        database.execute("INSERT INTO rows VALUES (?, ?)", (f"e{number}", errand))
        database.execute("COMMIT")

    return act


def measure(seconds: float) -> Iterator[tuple[str, float]]:
    """Name and commits each second, one measurement after the other."""
    with tempfile.TemporaryDirectory(dir=".") as space:
        folder = Path(space)
        store = memory.build().of(HOST)
        yield "memory", commits(lambda n: store.commit(changes(n)), seconds)
        for level in ("NORMAL", "FULL"):
            (folder / level).mkdir()
            stores = sqlite.build(folder / level, TYPES, synchronous=level)
            durable = stores.of(HOST)
            yield f"sqlite, {level}", commits(lambda n, to=durable: to.commit(changes(n)), seconds)  # type: ignore[misc]
            stores.close()
            with closing(sqlite3.connect(folder / f"raw-{level}.db", isolation_level=None)) as database:
                yield f"sqlite3 alone, {level}", commits(raw(database, level), seconds)


if __name__ == "__main__":
    for name, rate in measure(float(sys.argv[1]) if len(sys.argv) > 1 else 2.0):
        print(f"| {name} | {rate:,.0f} |")
