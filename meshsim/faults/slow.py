"""A slow peer: it acts at once and answers late, perhaps later than the caller waits."""

from typing import Unpack

from meshsim.faults import Delay, Fault
from meshsim.faults._matching import Where, on_answer


def build(seconds: float = 5.0, spread: float = 0.0, **where: Unpack[Where]) -> Fault:
    """Delay answers by `seconds` and up to `spread` seconds of chance."""
    return on_answer(lambda answer, rng: Delay(seconds + spread * rng.random()), **where)
