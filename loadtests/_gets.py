"""One contender of `generators`: `python loadtests/_gets.py NAME URL USERS SECONDS FILE`, in a fresh process.

Locust as a library, without web page and statistics printer, so that all contenders have the same around
them; `bare` is our user without books.
"""

import json
import os
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:] = [str(HERE.parent), *(place for place in sys.path if Path(place or ".").resolve() != HERE)]

import gevent  # noqa: E402
from locust import FastHttpUser, HttpUser, User, constant, task  # noqa: E402
from locust.env import Environment  # noqa: E402

from loadtests.figures import Notes  # noqa: E402
from loadtests.ledger import Ledger  # noqa: E402
from loadtests.reach import Reach  # noqa: E402
from meshsim.network.blocking import BlockingPort, complete  # noqa: E402
from meshsim.wire import Request  # noqa: E402


def main(name: str, url: str, users: int, seconds: float, path: str) -> None:
    """Run it, and write how many requests it made in how much processor time."""
    reach = Reach()
    reach.aim(*url.split("://"))
    port, request = BlockingPort(reach.dial()), Request("GET", f"{url}/")
    notes, ledger = Notes("bench"), Ledger(time.time)
    counted = [0]

    class Ours(User):
        wait_time = constant(0)
        abstract = name not in ("ours", "bare")

        @task
        def get(self) -> None:
            """As a story does, with what is kept of it."""
            begun = time.monotonic()
            answer = complete(port.send(request))
            counted[0] += 1
            if name == "bare":
                return
            spent = time.monotonic() - begun
            notes.story("get", "peer", spent, spent, "" if answer.status == 200 else "wrong")
            if counted[0] % 10 == 0:
                entry = ledger.open("file", "a@b", "a@b")
                ledger.tell(entry, "acknowledged", "x")

        def wait(self) -> None:
            """Not at all."""

    class Plain(HttpUser):
        wait_time = constant(0)
        abstract = name != "HttpUser"

        @task
        def get(self) -> None:
            """As its documentation shows."""
            self.client.get("/")
            counted[0] += 1

    class Fast(FastHttpUser):
        wait_time = constant(0)
        abstract = name != "FastHttpUser"

        @task
        def get(self) -> None:
            """As its documentation shows."""
            self.client.get("/")
            counted[0] += 1

    chosen = {"ours": Ours, "bare": Ours, "HttpUser": Plain, "FastHttpUser": Fast}[name]
    environment = Environment(user_classes=[chosen], host=url)
    runner = environment.create_local_runner()
    runner.start(users, spawn_rate=1000)
    gevent.sleep(0.5)
    before, cpu = counted[0], time.process_time()
    for second in range(max(1, round(seconds))):
        gevent.sleep(1.0)
        notes.tick(second, 0.0)
        ledger.take()
        ledger.entries.clear()
    told = {"requests": counted[0] - before, "cpu": time.process_time() - cpu}
    Path(path).write_text(json.dumps(told), encoding="utf-8")
    os._exit(0)  # what was to be measured is; users that wait for an answer are nobody's concern


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), sys.argv[5])
