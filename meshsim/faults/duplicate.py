"""The request arrives twice, and its second answer goes nowhere."""

from typing import Unpack

from meshsim.faults import Duplicate, Fault
from meshsim.faults._matching import Where, on_request


def build(after: float = 0.0, **where: Unpack[Where]) -> Fault:
    """Repeat requests `after` seconds behind the first."""
    return on_request(lambda rng: Duplicate(after), **where)
