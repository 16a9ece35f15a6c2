"""A contender in a process of its own.

In one process whoever leaves objects for the garbage collector to walk makes all pay, and what one has
in the processor's caches another takes out.
"""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from multiprocessing.connection import Connection

from loadtests.peers import AT_ONCE


@contextmanager
def contender(name: str, *, signed: bool) -> Iterator[Callable[[float], float]]:
    """Gives flows per CPU-second of the contender of that name, over the seconds it is called with."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_run, args=(name, signed, theirs), daemon=True)
    process.start()
    theirs.close()

    def rate(seconds: float) -> float:
        ours.send(seconds)
        found: float = ours.recv()
        return found

    try:
        yield rate
    finally:
        ours.close()
        process.join()


def _run(name: str, signed: bool, asked: Connection) -> None:
    call = import_module(f"loadtests.peers.{name}").prepare(signed)
    number = 0
    while True:
        try:
            seconds = asked.recv()
        except EOFError:
            return
        first, start = number, time.process_time()
        while (spent := time.process_time() - start) < seconds or number == first:
            call(number)
            number += AT_ONCE
        asked.send((number - first) / spent)
