"""A clock that is right."""

from meshsim.clocks import Skew


def build() -> Skew:
    """True time."""
    return lambda now: now
