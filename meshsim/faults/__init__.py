"""Accidents of the network: callables asked, in order, for each message and each answer.

A plug-in offers `build(**options) -> Fault`. The first verdict that is not PASS wins. `rng` is
the fault's own seeded stream.
"""

from collections.abc import Callable
from random import Random

import msgspec

from meshsim.wire import Request, Response


class Envelope(msgspec.Struct, frozen=True):
    """A message on its way. `response` is None on the way there, the answer on the way back."""

    number: int
    """Counts the exchanges of the run."""
    source: str
    target: str
    time: float
    """True time, seconds since the Unix epoch."""
    elapsed: float
    """Seconds since the run began."""
    request: Request
    response: Response | None = None


class Pass(msgspec.Struct, frozen=True):
    """Nothing happens."""


class Drop(msgspec.Struct, frozen=True):
    """The message is lost; the caller waits until its timeout, or learns it at once if `refused`."""

    refused: bool = False


class Delay(msgspec.Struct, frozen=True):
    """The message arrives that many seconds later."""

    seconds: float


class Duplicate(msgspec.Struct, frozen=True):
    """The request arrives once more, that many seconds after the first; its second answer is lost."""

    after: float = 0.0


class Answer(msgspec.Struct, frozen=True):
    """This answer takes the place of the peer's. On the way there, the peer never hears."""

    response: Response


class Crash(msgspec.Struct, frozen=True):
    """The host goes down as the message reaches its receiver, and the message with it."""

    host: str
    restart_after: float | None = None
    """Seconds until it is up again; None: it stays down."""


Verdict = Pass | Drop | Delay | Duplicate | Answer | Crash
PASS = Pass()

Fault = Callable[[Envelope, Random], Verdict]
