"""Which messages a fault touches: the options all faults have in common."""

import math
from collections.abc import Callable
from random import Random
from typing import TypedDict, Unpack

from meshsim.faults import PASS, Envelope, Fault, Verdict
from meshsim.wire import Response


class Where(TypedDict, total=False):
    """Options every fault takes; left out, they do not restrict."""

    source: str
    """Host that sends the request."""
    target: str
    """Host that answers it."""
    path: str
    """Part of the URL's path."""
    probability: float
    """Share of the messages touched, 0 to 1."""
    start: float
    """Seconds since the run began."""
    end: float
    """Seconds since the run began."""
    count: int
    """Messages touched at most."""


Chosen = Callable[[Envelope, Random], bool]


def chosen(**where: Unpack[Where]) -> Chosen:
    """Whether a message is to be touched; asked once a message, as it counts and draws."""
    source, target = where.get("source", "*"), where.get("target", "*")
    path = where.get("path", "")
    probability = where.get("probability", 1.0)
    start, end = where.get("start", 0.0), where.get("end", math.inf)
    left: float = where.get("count", math.inf)
    if not 0 <= probability <= 1:
        raise ValueError(f"probability is between 0 and 1, not {probability}")

    def choose(envelope: Envelope, rng: Random) -> bool:
        nonlocal left
        hit = (
            start <= envelope.elapsed < end
            and source in ("*", envelope.source)
            and target in ("*", envelope.target)
            and path in envelope.request.target.path
            and left > 0
            and (probability == 1 or rng.random() < probability)
        )
        left -= hit
        return hit

    return choose


def on_request(verdict: Callable[[Random], Verdict], **where: Unpack[Where]) -> Fault:
    """A fault that touches requests, never answers."""
    hit = chosen(**where)

    def fault(envelope: Envelope, rng: Random) -> Verdict:
        return verdict(rng) if envelope.response is None and hit(envelope, rng) else PASS

    return fault


def on_answer(verdict: Callable[[Response, Random], Verdict], **where: Unpack[Where]) -> Fault:
    """A fault that touches answers, never requests."""
    hit = chosen(**where)

    def fault(envelope: Envelope, rng: Random) -> Verdict:
        answer = envelope.response
        return verdict(answer, rng) if answer is not None and hit(envelope, rng) else PASS

    return fault
