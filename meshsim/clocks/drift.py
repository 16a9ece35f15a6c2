"""A clock that goes too fast or too slow."""

from meshsim.clocks import Skew


def build(rate: float) -> Skew:
    """Gains `rate` seconds a second, from the first time it is read."""
    origin: float | None = None

    def skew(now: float) -> float:
        nonlocal origin
        if origin is None:
            origin = now
        return now + (now - origin) * rate

    return skew
