"""When stories begin: instants that are fixed before the run, whatever the target does meanwhile.

A curve is a rate that is linear between points in time. The n-th story begins when n stories should have;
with `poisson`, gaps are exponential with the seed's chance, and the curve says how dense they are.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from math import sqrt

from meshsim.entropy import stream

Points = list[tuple[float, float]]
"""Time and rate. Two points of one time are a step."""

_DAY = (
    *(0.20, 0.15, 0.10, 0.08, 0.08, 0.10, 0.18, 0.35, 0.65, 0.90, 1.00, 0.95),
    *(0.75, 0.80, 0.95, 1.00, 0.90, 0.75, 0.55, 0.45, 0.40, 0.38, 0.32, 0.25, 0.20),
)
"""Hour by hour, the share of the busiest: office hours with a dip at noon, and some who work at night."""


def _constant(rate: float, span: float) -> Points:
    return [(0.0, rate), (span, rate)]


def _ramp(rate: float, span: float) -> Points:
    return [(0.0, 0.0), (span, rate)]


def _spike(rate: float, span: float) -> Points:
    low, start, end = rate / 10, 0.45 * span, 0.55 * span
    return [(0.0, low), (start, low), (start, rate), (end, rate), (end, low), (span, low)]


def _stairs(rate: float, span: float) -> Points:
    steps = 5
    return [
        (span * (step + side) / steps, rate * (step + 1) / steps) for step in range(steps) for side in (0, 1)
    ]


def _day(rate: float, span: float) -> Points:
    return [(span * hour / 24, rate * part) for hour, part in enumerate(_DAY)]


CURVES: dict[str, Callable[[float, float], Points]] = {
    "constant": _constant,
    "ramp": _ramp,
    "spike": _spike,
    "stairs": _stairs,
    "day": _day,
}
"""`rate` is the highest of the curve, in stories a second; `span` is in seconds."""

NAMES = (*CURVES, "poisson")


class BadArrivals(ValueError):
    """No such curve, or a rate or span that is none."""


def points(curve: str, rate: float, span: float) -> tuple[Points, bool]:
    """The curve, and whether chance decides. `curve` is a name, `poisson`, or a name with `+poisson`."""
    names = curve.split("+")
    chance = "poisson" in names
    names = [name for name in names if name != "poisson"] or ["constant"]
    if len(names) != 1 or names[0] not in CURVES:
        raise BadArrivals(f"no arrivals {curve!r}; there are: {', '.join(NAMES)}, and CURVE+poisson")
    if not 0 < rate <= 1e6:
        raise BadArrivals(f"a rate is above 0 and at most a million stories a second, not {rate:g}")
    if not 0 < span <= 1e9:
        raise BadArrivals(f"a run takes more than 0 seconds, not {span:g}")
    return CURVES[names[0]](rate, span), chance


def instants(curve: str, rate: float, span: float, seed: int | str = 0) -> Iterator[float]:
    """Seconds from the start at which stories begin, in order."""
    known, by_chance = points(curve, rate, span)
    chance = stream(seed, "arrivals", curve)
    wanted = chance.expovariate(1.0) if by_chance else 0.0
    passed = 0.0
    for (start, low), (end, high) in pairwise(known):
        length = end - start
        if not length:
            continue
        area = (low + high) / 2 * length
        slope = (high - low) / length
        while wanted < passed + area:
            part = wanted - passed
            root = sqrt(max(low * low + 2 * slope * part, 0.0))
            yield start + (2 * part / (low + root) if low + root else 0.0)
            wanted += chance.expovariate(1.0) if by_chance else 1.0
        passed += area
