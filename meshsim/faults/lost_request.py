"""The request never arrives: the peer knows nothing, and the caller waits in vain."""

from typing import Unpack

from meshsim.faults import Drop, Fault
from meshsim.faults._matching import Where, on_request


def build(**where: Unpack[Where]) -> Fault:
    """Lose requests."""
    return on_request(lambda rng: Drop(), **where)
