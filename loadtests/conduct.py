"""A run under Locust: alone, or as a master that adds up what its workers have.

Everybody closes first, then everybody looks: so what one worker's peers did to the target is complete
when another looks at it.
"""

import logging
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gevent
import msgspec

from loadtests import arrivals, looking, result
from loadtests.audit import Seen, judge
from loadtests.clerk import Clerk, together
from loadtests.figures import Figures, Tick
from loadtests.ledger import Ledger, Note, lines
from loadtests.opening import Options, fitting
from loadtests.reach import NotAllowed
from loadtests.target import BadTarget, Target
from meshsim.network.blocking import complete

log = logging.getLogger("meshsim")

LOOKING = 60.0
"""Seconds that a worker may take to close, and to look."""


class Conduct:
    """The hooks of one Locust process."""

    def __init__(
        self, environment: Any, options: Options, write: Callable[[Mapping[str, Any]], None]
    ) -> None:
        self.environment, self.options, self.write = environment, options, write
        self.runner = environment.runner
        kind = type(self.runner).__name__
        self.is_master, self.is_worker = kind == "MasterRunner", kind == "WorkerRunner"
        self.clerk: Clerk | None = None
        self.figures = Figures()
        self.books = Ledger(time.time)
        self.seen = Seen()
        self.limits: dict[str, float] = {}
        self.finished = False
        self.faults: list[str] = []
        self.left_out: list[str] = []
        self.limit = 0.0
        self.workers: dict[str, dict[str, Any]] = {}
        """By Locust's id: name, and whether it closed, looked, died."""
        self.progress: Callable[[Figures, Ledger], None] = lambda figures, books: None
        if self.is_master:
            for message in ("opened", "tick", "notes", "exhausted", "closed", "seen", "failed"):
                self.runner.register_message(f"load_{message}", getattr(self, f"_{message}"))
        if self.is_worker:
            self.runner.register_message("load_close", self._close, concurrent=True)
            self.runner.register_message("load_look", self._look, concurrent=True)

    # What Locust calls

    def begin(self) -> None:
        """A test starts: open the books; a target that cannot be loaded ends it."""
        self.finished = False
        if self.is_master:
            gevent.spawn(self._watch)
            return
        workers = 1
        if self.is_worker:
            workers = max(int(self.environment.parsed_options.expect_workers or 1), 1)
        try:
            self.clerk = Clerk(self.options, max(self.runner.worker_index, 0), workers)
            self.clerk.open()
        except (BadTarget, NotAllowed) as error:
            self._fail(str(error), 2 if isinstance(error, NotAllowed) else 1)
            return
        except Exception as error:
            log.exception("the run cannot be begun")
            self._fail(f"our own fault: {type(error).__name__}: {error}", 3)
            return
        self.clerk.fired = self._fire
        if self.is_worker:
            self.clerk.on_tick = lambda tick: self._send("tick", tick)
            self.clerk.on_notes = lambda notes: self._send("notes", notes) if notes else None
            self._send("opened", {"name": self.clerk.name, "limit": self.clerk.limit, "pid": os.getpid()})
        else:
            self.limit = self.clerk.limit
            self.clerk.on_tick = self._ticked
            self.books = self.clerk.ledger
        gevent.spawn(self._watch)

    def spawned(self) -> None:
        """All users are there."""
        if self.clerk is not None:
            self.clerk.start()

    def stopped(self) -> None:
        """A test stops, by its end or because somebody said so."""
        if not self.is_worker and not self.finished:
            self.finish()

    # Alone, or as a worker

    def _fire(self, story: str, seconds: float, error: Exception | None) -> None:
        self.environment.events.request.fire(
            request_type="story",
            name=story,
            response_time=seconds * 1000,
            response_length=0,
            exception=error,
            context={},
        )

    def _fail(self, why: str, status: int) -> None:
        if self.is_worker:
            self._send("failed", {"why": why, "status": status})
            return
        self.finished = True
        self.write({**result.failed(self._asked(), why), "status": status})
        self.environment.process_exit_code = status
        gevent.spawn(self.runner.quit)

    def _watch(self) -> None:
        """End the run when all intended stories were told."""
        clerk = self.clerk
        while not self.finished:
            gevent.sleep(0.05)
            if clerk is not None and clerk.exhausted:
                if self.is_worker:
                    self._send("exhausted", None)
                    return
                break
            if (
                self.is_master
                and self.workers
                and all(worker.get("exhausted") or self._died(one) for one, worker in self.workers.items())
            ):
                break
        if not self.finished:
            self.finish()
            if self.environment.web_ui is None:
                self.runner.quit()
            else:
                self.runner.stop()

    def _ticked(self, tick: Tick) -> None:
        self.figures.add(tick)
        self.progress(self.figures, self.books)

    def _send(self, kind: str, what: Any) -> None:
        self.runner.send_message(f"load_{kind}", msgspec.msgpack.encode(what))

    def _close(self, environment: Any, msg: Any) -> None:
        if self.clerk is not None and self.clerk.opened:
            self.clerk.close()
            failures = [f"our own fault: {error!r}" for error in self.clerk.failures[:5]]
            self._send("closed", failures)

    def _look(self, environment: Any, msg: Any) -> None:
        if self.clerk is not None and self.clerk.opened:
            self._send("seen", self.clerk.look())
            self.clerk.end()

    # As a master

    def _of(self, msg: Any) -> dict[str, Any]:
        return self.workers.setdefault(msg.node_id, {"name": "", "died": False})

    def _opened(self, environment: Any, msg: Any) -> None:
        told = msgspec.msgpack.decode(msg.data)
        self._of(msg).update(name=told["name"], pid=told["pid"])
        self.limit += told["limit"]

    def _tick(self, environment: Any, msg: Any) -> None:
        self._ticked(msgspec.msgpack.decode(msg.data, type=Tick))

    def _notes(self, environment: Any, msg: Any) -> None:
        for note in msgspec.msgpack.decode(msg.data, type=list[Note]):
            self.books.add(note)

    def _exhausted(self, environment: Any, msg: Any) -> None:
        self._of(msg)["exhausted"] = True

    def _closed(self, environment: Any, msg: Any) -> None:
        self._of(msg)["closed"] = True
        self.faults += msgspec.msgpack.decode(msg.data)

    def _seen(self, environment: Any, msg: Any) -> None:
        self._of(msg)["seen"] = True
        self.seen.add(msgspec.msgpack.decode(msg.data, type=Seen))

    def _failed(self, environment: Any, msg: Any) -> None:
        if not self.finished:
            told = msgspec.msgpack.decode(msg.data)
            self._fail(told["why"], told["status"])

    def _died(self, worker: str) -> bool:
        known = self.runner.clients.get(worker)
        died = known is None or known.state == "missing"
        self.workers[worker]["died"] = died
        return died

    def _all(self, what: str) -> None:
        """Wait until every worker that lives has done something."""
        end = time.monotonic() + LOOKING
        while time.monotonic() < end:
            if all(worker.get(what) or self._died(one) for one, worker in self.workers.items()):
                return
            gevent.sleep(0.05)
        for worker in self.workers.values():
            worker["died"] = worker["died"] or not worker.get(what)

    # The end

    def finish(self) -> None:
        """Close, look, judge, and write it down."""
        self.finished = True
        if self.is_master:
            self._finish_all()
        elif self.clerk is not None and not self.clerk.opened:
            self._fail("the run was over before it could begin: give --run-time more seconds", 1)
            return
        elif self.clerk is not None:
            self.clerk.close()
            self.faults += [f"our own fault: {error!r}" for error in self.clerk.failures[:5]]
            self.seen.add(self.clerk.look())
            self.seen.add(self._at_target(self.clerk.target))
            self.clerk.end()
            self.left_out = self.clerk.left_out
        else:
            return
        verdict = judge(self.books.entries, self.seen)
        try:
            found = result.assembled(
                self._asked(),
                self.figures,
                verdict,
                self.limits,
                limit=self.limit,
                workers=[
                    {"name": worker["name"] or one, "died": worker["died"]}
                    for one, worker in self.workers.items()
                ],
                arrivals=self._intended(),
                faults=self.faults,
                left_out=self.left_out,
            )
        except Exception as error:
            self.environment.process_exit_code = 3
            raise error
        self.write(found)
        self.environment.process_exit_code = 0 if found["ok"] else 1

    def _finish_all(self) -> None:
        self.runner.send_message("load_close")
        self._all("closed")
        self.runner.send_message("load_look")
        self._all("seen")
        for worker in self.workers.values():
            if worker["died"]:
                self._bury(worker["name"])
        options = self.options
        clerk = Clerk(msgspec.structs.replace(options, peers=0, calibrate=0.0, books="", rate=0.0))
        try:
            target = clerk.aim()
            _, self.left_out = fitting(options.story, target)
            self.seen.add(self._at_target(target))
        except (BadTarget, NotAllowed) as error:
            self.faults.append(f"the target could not be looked at: {error}")

    def _bury(self, name: str) -> None:
        """What a dead worker wrote, if it did so on this machine; its peers cannot be asked any more."""
        path = Path(self.options.books) / f"{name}.ledger"
        if self.options.books and path.is_file():
            for note in lines(path):
                self.books.add(note)
        for one in self.books.entries:
            if one.startswith(f"{name}-"):
                self.seen.unasked[one] = "its worker died, and with it one of the two sides"

    def _at_target(self, target: Target) -> Seen:
        return complete(looking.at_target(target, list(self.books.entries.values()), together))

    def _intended(self) -> int:
        options = self.options
        if not options.rate:
            return 0
        return sum(
            1 for _ in arrivals.instants(options.arrival, options.rate, options.duration, options.seed)
        )

    def _asked(self) -> dict[str, Any]:
        options = self.options
        return {
            "story": options.story,
            "target": options.urls,
            "seed": options.seed,
            "rate": options.rate,
            "arrival": options.arrival if options.rate else "closed",
            "duration": options.duration,
            "peers": options.peers,
        }
