"""Rates: nobody above their own, nobody below it refused, and no more memory than allowed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshsim.site.limiter import Limiter, caller

RATES = st.tuples(st.floats(0.05, 50), st.integers(1, 20), st.floats(0, 20))
ASKED = st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 3)), max_size=120)
START = 1.8e9


@given(rates=RATES, asked=ASKED)
@settings(max_examples=300)
def test_over_no_span_is_more_let_through_than_the_rate_allows(rates, asked):
    """Each caller gets rate·t + burst at most, and all of them spare·t + burst beyond that."""
    rate, burst, spare = rates
    limiter, now, through = Limiter(rate, burst, spare), START, []
    for who, pause in asked:
        now += pause
        if limiter.take(who, now) == 0:
            through.append((now, who))
    for first in range(len(through)):
        for last in range(first, len(through)):
            span = through[last][0] - through[first][0]
            counts = [sum(w == who for _, w in through[first : last + 1]) for who in "abc"]
            # A caller's own share, used up or not, is nobody else's.
            beyond = sum(max(0, count - (rate * span + burst)) for count in counts)
            assert beyond <= spare * span + burst * (spare > 0) + 1e-3


@given(rates=RATES, others=ASKED, mine=st.lists(st.floats(0, 3), max_size=40))
@settings(max_examples=300)
def test_whoever_stays_below_its_share_is_never_refused(rates, others, mine):
    """Whatever others do: requests that a bucket of one's own would let through are let through."""
    rate, burst, spare = rates
    limiter = Limiter(rate, burst, spare)
    moments, now = [], START
    for who, pause in others:
        now += pause
        moments.append((now, who))
    now, full = START, float("-inf")
    for pause in mine:
        now += pause
        if full - now <= (burst - 1) / rate - 1e-3:
            full = max(full, now) + 1 / rate
            moments.append((now, "me"))
    for now, who in sorted(moments):
        wait = limiter.take(who, now)
        if who == "me":
            assert 0 == wait


@given(rates=RATES, asked=st.lists(st.floats(0, 1), max_size=60))
def test_who_waits_as_long_as_told_is_let_through(rates, asked):
    """Retry-After is a promise that is kept."""
    limiter, now = Limiter(*rates), START
    for pause in asked:
        now += pause
        wait = limiter.take("a", now)
        if wait:
            now += wait + 1e-6
            assert 0 == limiter.take("a", now)


def test_many_made_up_callers_cost_bounded_memory_and_nobody_their_share():
    """Who has a place keeps it; those without one have a share between them, not one each."""
    limiter = Limiter(1.0, 5, 0.0, most=100)
    assert 0 == limiter.take("early", START)
    through = sum(limiter.take(f"made up {n}", START + n / 1e4) == 0 for n in range(10_000))

    assert 100 == len(limiter)
    assert 0 == limiter.take("early", START + 1)
    assert 99 + 5 <= through <= 99 + 5 + 1


def test_places_come_free_once_their_buckets_are_full():
    """A bucket that is full again says no more than none."""
    limiter = Limiter(1.0, 5, 0.0, most=10)
    for n in range(10):
        limiter.take(f"{n}", START)
    for _ in range(7):
        limiter.take("new", START + 0.5)
    assert limiter.take("new", START + 0.5) > 0

    assert 0 == limiter.take("new", START + 20)
    assert 1 == len(limiter)


def test_a_clock_that_was_set_back_shuts_nobody_out_for_long():
    """At most for as long as a bucket takes to fill."""
    limiter = Limiter(1.0, 5, 0.0)
    limiter.take("a", START + 86400)

    assert limiter.take("a", START) <= 1.001
    assert 0 == limiter.take("a", START + 6)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.0.0.1", "10.0.0.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("fe80::1%eth0", "fe80::2", True),
        ("not: an address", "not: another", False),
    ],
)
def test_a_subscriber_of_ipv6_is_one_caller(one, other, same):
    """Limits are not got around from the many addresses of one line (FB-127)."""
    assert same is (caller(one) == caller(other))
