"""Staying awake for a moment after an answer, where that pays.

Who asks one thing after the other asks the next within microseconds of an answer, and to wake a process
takes about as long as to answer. So the loop goes on looking for a moment (busy polling). Where nothing came
of it a few times, it is left to sleep and tried again now and then: on who comes slowly, a moment is lost for
each `AGAIN` answers.
"""

import asyncio
from time import perf_counter

MOMENT = 50e-6
"""Seconds that are waited awake."""
HOPE = 8
"""Moments in vain until the loop is left to sleep."""
AGAIN = 200
"""Answers after which it is tried once more."""


class Polling:
    """Keeps one loop awake; for those that answer on it."""

    __slots__ = ("_asked", "_asleep", "_hope", "_loop", "_turning", "_until")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._hope = HOPE
        self._asleep = 0
        """Answers since the loop was left to sleep."""
        self._asked = self._turning = False
        self._until = 0.0

    def asked(self) -> None:
        """A request came."""
        self._asked = True

    def answered(self) -> None:
        """An answer went out."""
        if not self._hope:
            self._asleep += 1
            if self._asleep < AGAIN:
                return
            self._hope, self._asleep = 1, 0
        self._asked = False
        self._until = perf_counter() + MOMENT
        if not self._turning:
            self._turning = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        if self._asked:
            self._hope = HOPE
            self._turning = False
        elif perf_counter() < self._until:
            # What is called soon keeps a loop from waiting, and it looks at its sockets each time.
            self._loop.call_soon(self._turn)
        else:
            self._hope -= 1
            self._turning = False
