"""Nothing gets from one host to another, neither requests nor answers; the way back is open."""

from random import Random
from typing import Unpack

from meshsim.faults import PASS, Drop, Envelope, Fault, Verdict
from meshsim.faults._matching import Where, chosen


def build(sender: str = "*", receiver: str = "*", **where: Unpack[Where]) -> Fault:
    """Lose what `sender` says to `receiver`, be it a request or an answer."""
    hit = chosen(**where)

    def fault(envelope: Envelope, rng: Random) -> Verdict:
        ends = envelope.source, envelope.target
        speaker, listener = ends if envelope.response is None else reversed(ends)
        lost = sender in ("*", speaker) and receiver in ("*", listener)
        return Drop() if lost and hit(envelope, rng) else PASS

    return fault
