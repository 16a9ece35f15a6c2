"""The answer never arrives: the peer has acted, and the caller waits in vain."""

from typing import Unpack

from meshsim.faults import Drop, Fault
from meshsim.faults._matching import Where, on_answer


def build(**where: Unpack[Where]) -> Fault:
    """Lose answers."""
    return on_answer(lambda answer, rng: Drop(), **where)
