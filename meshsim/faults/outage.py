"""A host is cut off: whoever calls it is refused, and its own calls are refused as well."""

from random import Random
from typing import Unpack

from meshsim.faults import PASS, Drop, Envelope, Fault, Verdict
from meshsim.faults._matching import Where, chosen


def build(host: str, **where: Unpack[Where]) -> Fault:
    """Cut `host` off. It keeps its memory; `crash` is the fault that takes it."""
    hit = chosen(**where)

    def fault(envelope: Envelope, rng: Random) -> Verdict:
        concerned = host in (envelope.source, envelope.target)
        return Drop(refused=True) if concerned and hit(envelope, rng) else PASS

    return fault
