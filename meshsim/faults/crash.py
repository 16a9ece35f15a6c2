"""A host goes down with its memory just as it would act on a request, or once it has."""

from random import Random
from typing import Unpack

from meshsim.faults import PASS, Crash, Envelope, Fault, Verdict
from meshsim.faults._matching import Where, chosen


def build(
    host: str,
    after: int = 1,
    answer: bool = False,
    restart_after: float | None = None,
    **where: Unpack[Where],
) -> Fault:
    """Crash `host` at the `after`-th request to it: before it acts, or with `answer` after it has.

    It is up again `restart_after` seconds later, or stays down. It crashes once unless `count` says
    otherwise.
    """
    left = where.pop("count", 1)
    hit = chosen(**where)
    seen = 0

    def fault(envelope: Envelope, rng: Random) -> Verdict:
        nonlocal left, seen
        if envelope.target != host or (envelope.response is not None) != answer or not hit(envelope, rng):
            return PASS
        seen += 1
        if seen % after or not left:
            return PASS
        left -= 1
        return Crash(host, restart_after)

    return fault
