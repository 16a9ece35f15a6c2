"""Runs a coroutine whose ports never suspend, as those of load users and scripts are."""

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def complete(work: Coroutine[Any, Any, T]) -> T:
    """The coroutine's result; RuntimeError if it waits for anything."""
    try:
        wanted = work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    work.close()
    raise RuntimeError(f"would have to wait for {wanted!r}, and nothing here can")
