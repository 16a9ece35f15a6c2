"""What takes long: in a thread on real sockets, where others would have to wait for it; else here and now.

A simulation has no threads: what runs in them ends in no order that could be repeated.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

MOST = 32
"""Threads: so many long things are done at a time, and more wait for their turn."""


class AtOnce:
    """Nothing else is done meanwhile, and nothing waits."""

    async def __call__(self, work: Callable[[], T]) -> T:
        """What `work` gives."""
        return work()

    def soon(self, work: Callable[[], None]) -> None:
        """Do it."""
        work()


class Workers:
    """Threads of one loop. What goes wrong in work that nobody waits for is `report`ed, to the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, report: Callable[[BaseException, str], None]) -> None:
        self._loop, self._report = loop, report
        self._pool = ThreadPoolExecutor(MOST, thread_name_prefix="aside")

    async def __call__(self, work: Callable[[], T]) -> T:
        """What `work` gives; others are served until then."""
        return await self._loop.run_in_executor(self._pool, work)

    def soon(self, work: Callable[[], None]) -> None:
        """Have it done, before `close` at the latest."""
        self._pool.submit(work).add_done_callback(self._done)

    def close(self) -> None:
        """Return when all that was begun is done."""
        self._pool.shutdown()

    def _done(self, future: Future[None]) -> None:
        error = future.exception()
        if error is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._report, error, "a thread")
