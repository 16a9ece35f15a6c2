"""Requests take longer on their way; with a spread they overtake each other."""

from typing import Unpack

from meshsim.faults import Delay, Fault
from meshsim.faults._matching import Where, on_request


def build(seconds: float = 1.0, spread: float = 0.0, **where: Unpack[Where]) -> Fault:
    """Delay requests by `seconds` and up to `spread` seconds of chance."""
    return on_request(lambda rng: Delay(seconds + spread * rng.random()), **where)
