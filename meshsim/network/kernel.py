"""Virtual time: runs coroutines and timers in the order of a clock that costs nothing.

Knows no network. A coroutine waits by `sleep` or by awaiting a `Promise`; whatever else it awaits
is refused. Everything belongs to an `Owner`: once that is dead, its timers are forgotten and its
tasks are never resumed. Among things due at one instant, what was scheduled first runs first.
"""

import math
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from heapq import heappop, heappush
from types import coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Work = Coroutine[Any, None, T]

EPOCH = 1767225600.0
"""When runs start unless told otherwise: 2026-01-01T00:00:00Z."""


class Deadlock(RuntimeError):
    """A coroutine waits, and nothing is left that could wake it."""


class Crashed(BaseException):
    """The host this code ran on went down. Not an Exception: no error handling outlives a crash."""


class Owner:
    """Whom tasks and timers belong to."""

    name = "run"
    alive = True

    def die(self) -> None:
        """Called when a task of this owner raises Crashed. The run itself outlives the hosts it uses."""


class Promise(Generic[T]):
    """A value that will be there later; the first outcome counts and the rest are ignored."""

    __slots__ = ("_error", "_value", "_waiters", "done", "kernel")

    def __init__(self, kernel: "Kernel") -> None:
        self.kernel = kernel
        self.done = False
        self._value: Any = None
        self._error: BaseException | None = None
        self._waiters: list[Task[Any]] = []

    def resolve(self, value: T) -> None:
        """Give those who wait the value."""
        if not self.done:
            self._settle(value, None)

    def fail(self, error: BaseException) -> None:
        """Raise `error` in those who wait."""
        if not self.done:
            self._settle(None, error)

    def result(self) -> T:
        """The value, or the error raised; only when done."""
        if self._error is not None:
            raise self._error
        value: T = self._value
        return value

    def __await__(self) -> Generator["Promise[T]", None, T]:
        if not self.done:
            yield self
        return self.result()

    def _settle(self, value: Any, error: BaseException | None) -> None:
        self.done, self._value, self._error = True, value, error
        for task in self._waiters:
            self.kernel.at(self.kernel.now, task.step, task.owner)
        self._waiters = []


class Task(Promise[T]):
    """A coroutine on its way; await it for its result."""

    __slots__ = ("owner", "work")

    def __init__(self, kernel: "Kernel", work: Work[T], owner: Owner) -> None:
        super().__init__(kernel)
        self.work = work
        self.owner = owner
        kernel.tasks[self] = None

    def step(self) -> None:
        """Run on until the coroutine waits again or ends."""
        try:
            wanted = self.work.send(None)
        except BaseException as end:
            self.end(end)
        else:
            self.wait(wanted)

    def wait(self, wanted: Any) -> None:
        """Sleep until what the coroutine asked for is there."""
        if isinstance(wanted, Promise):
            if wanted.done:
                self.kernel.at(self.kernel.now, self.step, self.owner)
            else:
                wanted._waiters.append(self)
        elif isinstance(wanted, float):
            self.kernel.at(self.kernel.now + max(wanted, 0.0), self.step, self.owner)
        else:
            try:
                self.work.throw(TypeError(f"{wanted!r} cannot be awaited in virtual time"))
            except BaseException as end:
                self.end(end)
            else:
                self.end(TypeError(f"awaited {wanted!r} and would not let go of it"))

    def end(self, how: BaseException) -> None:
        """Settle with what the coroutine ended by; StopIteration carries its result."""
        self.kernel.tasks.pop(self, None)
        if isinstance(how, StopIteration):
            self.resolve(how.value)
        elif isinstance(how, Crashed):
            self.owner.die()
            if self.owner.alive and not self._waiters:
                self.kernel.report(RuntimeError("a host went down under this task"), self.owner)
            self.fail(how)
        elif isinstance(how, Exception):
            if self.owner.alive and not self._waiters:
                self.kernel.report(how, self.owner)
            self.fail(how)
        else:
            raise how


class _Main(Task[T]):
    """The task `run` was called for: its errors go to the caller, not among the failures."""

    __slots__ = ()

    def end(self, how: BaseException) -> None:
        self.kernel.tasks.pop(self, None)
        if isinstance(how, StopIteration):
            self.resolve(how.value)
        else:
            if isinstance(how, Crashed):
                self.owner.die()
            self.fail(how)


@coroutine
def sleep(seconds: float) -> Generator[float, None, None]:
    """Return that many seconds of virtual time later; a negative time is none."""
    yield float(seconds)


class Kernel:
    """The clock, what is due, and what went wrong unseen.

    `now` is true time in seconds since the Unix epoch. `failures` holds the exceptions of background
    tasks; `run`, `advance` and `settle` raise the new ones as an ExceptionGroup when they end.
    """

    # The clocks of sites read `now` some forty times for each share that is given and read.
    __slots__ = ("_depth", "_due", "_reported", "_serial", "failures", "now", "owner", "start", "tasks")

    def __init__(self, start: float = EPOCH) -> None:
        self.start = start
        self.now = start
        self.owner = Owner()
        self.failures: list[Exception] = []
        self.tasks: dict[Task[Any], None] = {}
        self._due: list[tuple[float, int, Owner, Callable[[], object]]] = []
        self._serial = 0
        self._depth = 0
        self._reported = 0

    def at(self, time: float, act: Callable[[], object], owner: Owner | None = None) -> None:
        """Call `act` at that instant, or now if it has passed."""
        if not time < math.inf:
            raise ValueError(f"no such time: {time}")
        self._serial += 1
        heappush(self._due, (max(time, self.now), self._serial, owner or self.owner, act))

    def later(self, seconds: float, act: Callable[[], object], owner: Owner | None = None) -> None:
        """Call `act` that many seconds from now."""
        self.at(self.now + seconds, act, owner)

    def spawn(self, work: Work[T], owner: Owner | None = None) -> Task[T]:
        """Start a coroutine in the background, after what is already due now."""
        task = Task(self, work, owner or self.owner)
        self.at(self.now, task.step, task.owner)
        return task

    def run(self, work: Work[T], owner: Owner | None = None) -> T:
        """Drive time until the coroutine ends; its result, or its exception.

        May be called by code the kernel itself is running: time then goes on inside, and whoever
        called first gets its answer last. Raises Deadlock if the coroutine can never end, and
        Crashed if its owner died.
        """

        def drive() -> T:
            task = _Main(self, work, owner or self.owner)
            if task.owner.alive:
                task.step()
            while not task.done:
                if not task.owner.alive:
                    self._abandon(task)
                    raise Crashed(task.owner.name)
                if not self._turn(math.inf):
                    self._abandon(task)
                    raise Deadlock(f"nothing is left to do, and {work!r} still waits")
            return task.result()

        return self._watched(drive)

    def advance(self, seconds: float) -> None:
        """Run everything due in the next `seconds`, and set the clock to their end."""
        end = self.now + seconds

        def drive() -> None:
            while self._turn(end):
                pass
            self.now = max(self.now, end)

        self._watched(drive)

    def settle(self, limit_seconds: float = 3600.0) -> bool:
        """Run until nothing is due any more; False if something still is after `limit_seconds`."""
        end = self.now + limit_seconds

        def drive() -> bool:
            while self._turn(end):
                pass
            if self._due:
                self.now = max(self.now, end)
            return not self._due

        return self._watched(drive)

    def report(self, error: Exception, owner: Owner) -> None:
        """Keep an exception nobody waits for; it surfaces when the outermost run ends."""
        error.add_note(f"in a task of {owner.name}")
        self.failures.append(error)

    def drop(self, owner: Owner) -> None:
        """Close the coroutines of a dead owner. They may run `finally` blocks: ports must be shut before."""
        for task in [task for task in self.tasks if task.owner is owner]:
            self._abandon(task)

    def close(self) -> None:
        """Forget everything due and close what still waits."""
        self._due.clear()
        for task in list(self.tasks):
            self._abandon(task)

    def _abandon(self, task: Task[Any]) -> None:
        self.tasks.pop(task, None)
        # A coroutine on the stack just now cannot be closed; it ends at the next port it uses.
        with suppress(BaseException):
            task.work.close()

    def _turn(self, end: float) -> bool:
        due = self._due
        while due:
            time, _, owner, act = due[0]
            if not owner.alive:
                heappop(due)
                continue
            if time > end:
                return False
            heappop(due)
            self.now = time
            act()
            return True
        return False

    def _watched(self, drive: Callable[[], T]) -> T:
        self._depth += 1
        try:
            value = drive()
        except Exception as error:
            self._surface([error])
            raise
        else:
            self._surface([])
            return value
        finally:
            self._depth -= 1

    def _surface(self, errors: list[Exception]) -> None:
        new = self.failures[self._reported :]
        # Within a nested run the outer code is part of the story: it is told when it ends itself.
        if new and self._depth == 1:
            self._reported = len(self.failures)
            raise ExceptionGroup("code on the simulated path failed", errors + new)
