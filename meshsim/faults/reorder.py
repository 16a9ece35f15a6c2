"""Every other request is held back, so that the next one overtakes it."""

from random import Random
from typing import Unpack

from meshsim.faults import PASS, Delay, Envelope, Fault, Verdict
from meshsim.faults._matching import Where, chosen


def build(seconds: float = 1.0, **where: Unpack[Where]) -> Fault:
    """Hold the first, third, fifth... request of each pair of hosts back for `seconds`."""
    hit = chosen(**where)
    held: dict[tuple[str, str], bool] = {}

    def fault(envelope: Envelope, rng: Random) -> Verdict:
        if envelope.response is not None or not hit(envelope, rng):
            return PASS
        pair = envelope.source, envelope.target
        held[pair] = not held.get(pair, False)
        return Delay(seconds) if held[pair] else PASS

    return fault
