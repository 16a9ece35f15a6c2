"""A target that does nothing: it says at once that all is well. Shows what the generator could do at most.

`python -m loadtests.null [PORT [SIZE]]` prints its port, and serves until its standard input ends.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import gevent

from loadtests.figures import Notes
from loadtests.servers import cores
from meshsim.network.blocking import BlockingPort, complete
from meshsim.wire import Request

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\nServer: null\r\n\r\nok"
USERS = 32


class Null(asyncio.Protocol):
    """Answers every request of a connection alike; bodies are not expected."""

    answer = ANSWER

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """One answer for each header that ended."""
        self._transport.write(self.answer * data.count(b"\r\n\r\n"))  # type: ignore[attr-defined]


async def serve(port: int = 0, size: int = 2) -> None:
    """Until nobody holds our standard input any more; each answer has a body of `size` bytes."""
    head, body = ANSWER.replace(b"Length: 2", b"Length: %d" % size).rsplit(b"ok", 1)[0], b"x" * size
    Null.answer = ANSWER if size == 2 else head + body
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Null, "127.0.0.1", port)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


def measured(seconds: float, port_of: Callable[[], BlockingPort]) -> float:
    """Requests a second that this process makes of a null target, bookkeeping included."""
    process = subprocess.Popen(
        [sys.executable, "-m", "loadtests.null"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[1],
        preexec_fn=_elsewhere,
    )
    try:
        if process.stdout is None or process.stdin is None:
            raise RuntimeError("no pipe")
        url = f"http://127.0.0.1:{int(process.stdout.readline())}/"
        port = port_of()
        try:
            return _rate(url, seconds, port)
        finally:
            port.close()
    finally:
        process.stdin.close()  # type: ignore[union-attr]
        process.wait(10)
        process.stdout.close()  # type: ignore[union-attr]


def _elsewhere() -> None:
    import os

    there = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {cores()[0]})
    except OSError:
        os.sched_setaffinity(0, there)


def _rate(url: str, seconds: float, port: BlockingPort) -> float:
    notes, request, end = Notes("null"), Request("GET", url), time.perf_counter() + seconds

    def user() -> int:
        count = 0
        while (begun := time.perf_counter()) < end:
            complete(port.send(request))
            spent = time.perf_counter() - begun
            notes.story("null", "null", spent, spent, "")
            count += 1
        return count

    begun = time.perf_counter()
    users = [gevent.spawn(user) for _ in range(USERS)]
    gevent.joinall(users, raise_error=True)
    notes.tick(0, 0.0)
    return float(sum(one.value for one in users)) / (time.perf_counter() - begun)


if __name__ == "__main__":
    asyncio.run(serve(*map(int, sys.argv[1:])))
