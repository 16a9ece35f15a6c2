"""A loop for real sockets whose time passes only while nothing happens.

Nobody who tells a story of a day on sockets wants to wait for a day, and how it ends must not depend on how
fast the machine is. So the time of this loop stands still while there is anything to do, and is moved on to
what is due next as soon as there is not. All timeouts, those of libraries among them, are in that time.
"""

import asyncio
import selectors
import socket
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

SILENCE = 0.5
"""Real seconds without any event after which the system, too, has nothing to send again or to confirm."""

FINENESS = 1e-6
"""Seconds that are no difference."""


class LeapingLoop(asyncio.SelectorEventLoop):
    """The loop of a run that skips what only takes time. Its time begins with 0."""

    def __init__(self) -> None:
        self.leapt = 0.0
        self.on_the_wire: Callable[[], bool] = bool
        """Whether something was sent that has not arrived: then silence has to last."""
        self.at_work = 0
        """Things that are done in threads."""
        super().__init__(_Selector(self))
        self._clock_resolution = FINENESS

    def time(self) -> float:
        """Seconds since the loop was made, of which nobody waited for any."""
        return self.leapt

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """As of any loop; time stands still until it is done."""
        future = super().run_in_executor(executor, func, *args)
        self.at_work += 1
        future.add_done_callback(self._done)
        return future

    def _done(self, future: asyncio.Future[Any]) -> None:
        self.at_work -= 1


class _Selector(selectors.DefaultSelector):
    """Waits for no timeout: it makes sure that nothing happens, and moves the time of its loop on.

    What is sent on loopback arrives in order. So when a sounding, sent after all else, has come round and
    nothing else has, nothing is under way; twice, since what arrives may set off something in the system.
    """

    def __init__(self, loop: LeapingLoop) -> None:
        super().__init__()
        self._loop = loop
        self._sounding = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sounding.bind(("127.0.0.1", 0))
        self._sounding.connect(self._sounding.getsockname())

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        loop = self._loop
        if timeout is None or loop.at_work:
            return super().select(None)
        for _ in range(2):
            self._sounding.send(b".")
            self._sounding.recv(1)
            if ready := super().select(0):
                return ready
        if loop.on_the_wire() and (ready := super().select(SILENCE)):
            return ready
        loop.leapt += timeout
        return []

    def close(self) -> None:
        self._sounding.close()
        super().close()
