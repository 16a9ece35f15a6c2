"""Instants are fixed by curve, rate, span and seed alone."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests import arrivals
from loadtests.arrivals import BadArrivals, instants

CURVES = sorted(arrivals.CURVES)


def area(curve, rate, span):
    points, _ = arrivals.points(curve, rate, span)
    return sum((a + b) / 2 * (t - s) for (s, a), (t, b) in pairwise(points))


@given(st.sampled_from(CURVES), st.floats(0.1, 30), st.floats(0.1, 30))
def test_as_many_begin_as_the_curve_has_room_for(curve, rate, span):
    """In order, within the span, and one for each whole story under the curve."""
    found = list(instants(curve, rate, span))

    assert (
        math.ceil(area(curve, rate, span) - 1e-6) <= len(found) <= math.ceil(area(curve, rate, span) + 1e-6)
    )
    assert found == sorted(found)
    assert all(0 <= instant <= span * (1 + 1e-9) for instant in found)


def test_a_constant_rate_is_evenly_spaced():
    """From the first instant on."""
    assert [0.0, 0.5, 1.0, 1.5] == list(instants("constant", 2, 2))


def test_a_ramp_begins_slowly_and_a_spike_has_most_in_its_middle():
    """The n-th story begins when the area under the curve is n."""
    ramp = list(instants("ramp", 2, 10))
    spike = list(instants("spike", 100, 10))

    assert [0.0, math.sqrt(10), math.sqrt(20)] == pytest.approx(ramp[:3])
    assert len(spike) - 2 * 45 == len([t for t in spike if 4.5 <= t < 5.5]) == 100


def test_stairs_rise_in_steps():
    """Each fifth of the span has one part more."""
    found = list(instants("stairs", 50, 50))

    assert [100, 200, 300, 400, 500] == [
        len([t for t in found if 10 * n <= t < 10 * n + 10]) for n in range(5)
    ]


def test_a_day_is_busiest_at_ten_and_quietest_at_night():
    """Hour 10 has its rate, hour 4 less than a tenth of it."""
    found = list(instants("day", 1, 86400))
    hours = [len([t for t in found if 3600 * h <= t < 3600 * h + 3600]) for h in range(24)]

    assert hours.index(max(hours)) in (9, 10, 14, 15)
    assert min(hours) < max(hours) / 10


@pytest.mark.parametrize("curve", ["poisson", "ramp+poisson", "poisson+day"])
def test_chance_is_the_seeds(curve):
    """One seed, the same instants; another, others. On average as dense as the curve."""
    one, again, other = (list(instants(curve, 50, 100, seed)) for seed in (1, 1, 2))
    wanted = area(curve.replace("poisson", "").strip("+") or "constant", 50, 100)

    assert one == again != other
    assert abs(len(one) - wanted) < 5 * math.sqrt(wanted)
    assert one == sorted(one)


@pytest.mark.parametrize(
    ("curve", "rate", "span", "why"),
    [
        ("square", 1, 1, "no arrivals 'square'"),
        ("ramp+day", 1, 1, "no arrivals"),
        ("constant", 0, 1, "rate"),
        ("constant", -1, 1, "rate"),
        ("constant", math.nan, 1, "rate"),
        ("constant", math.inf, 1, "rate"),
        ("constant", 1, 0, "more than 0 seconds"),
        ("constant", 1, math.nan, "more than 0 seconds"),
    ],
)
def test_what_is_no_curve_is_refused(curve, rate, span, why):
    """With what there is."""
    with pytest.raises(BadArrivals, match=why):
        list(instants(curve, rate, span))
