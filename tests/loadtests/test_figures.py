"""Figures of several workers add up to those of one that did all."""

import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtests.figures import (
    HOUR,
    LATENCY,
    PERCENTILES,
    SERVICE,
    Figures,
    Notes,
    Tick,
    counted,
    histogram,
    summary,
)

TIMES = st.lists(st.floats(0.000001, 3000), max_size=40)


@settings(max_examples=30)
@given(TIMES, st.integers(1, 4))
def test_histograms_merge_exactly(times, workers):
    """Whoever counted what, all percentiles are the same; also over the wire."""
    alone = Notes("a")
    several = [Notes(f"w{n}") for n in range(workers)]
    for number, time in enumerate(times):
        for notes in (alone, several[number % workers]):
            notes.story("share", f"p{number % 3}", time, time / 2, "")
    one = Figures([alone.tick(0, 0.1)])
    sent = [msgspec.msgpack.encode(notes.tick(0, 0.1)) for notes in several]
    random.Random(0).shuffle(sent)
    all_of_them = Figures(msgspec.msgpack.decode(tick, type=Tick) for tick in sent)

    for name in (LATENCY, SERVICE, "latency share"):
        assert one.summary(name) == all_of_them.summary(name)
    assert one.peers == all_of_them.peers
    assert one.done == all_of_them.done == len(times)


def test_percentiles_are_within_a_thousandth():
    """To p99.99, and the highest of all."""
    notes = Notes("a")
    for value in range(1, 100_001):
        notes.time("x", value / 1e6)
    found = Figures([notes.tick(0, 0.0)]).summary("x")

    for name, right in (("p50", 50), ("p99", 99), ("p999", 99.9), ("p9999", 99.99), ("max", 100)):
        assert abs(found[name] - right) <= right / 1000, name


@settings(max_examples=30)
@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=50))
def test_percentiles_are_those_of_the_library(values):
    """Found faster, and the same."""
    known = counted(values)

    assert {
        name: round(known.get_value_at_percentile(percentile) / 1000, 3)
        for name, percentile in PERCENTILES.items()
    } == {name: value for name, value in summary(known).items() if name != "max"}


@settings(max_examples=50)
@given(st.lists(st.integers(-3, HOUR + 10) | st.integers(0, 5000), max_size=50))
def test_counting_is_what_the_library_does(spans):
    """Faster, and to the last byte the same."""
    known = histogram()
    for span in spans:
        known.record_value(min(max(span, 1), HOUR))
    made = counted(spans)

    assert known.encode() == made.encode()
    assert (known.min_value, known.max_value) == (made.min_value, made.max_value)
    assert known.total_count == made.total_count


def test_a_story_that_failed_counts_by_its_reason_and_with_its_time():
    """Errors are not left out of the latency: that would make a broken target look fast."""
    notes = Notes("a")
    notes.story("share", "p", 2.0, 1.0, "share read: 503")
    notes.story("share", "p", 1.0, 1.0, "")
    figures = Figures([notes.tick(3, 0.5)])

    assert {"share read: 503": 1} == figures.errors
    assert [1, 1, 1_000_000] == figures.peers["p"]
    assert 2 == figures.times[LATENCY].get_total_count()
    assert (1, 1) == (figures.seconds[3].done, figures.seconds[3].failed)


def test_a_tick_begins_anew():
    """Nothing is counted twice."""
    notes = Notes("a")
    notes.story("share", "p", 1.0, 1.0, "x")
    notes.marks.append("peer down")
    figures = Figures([notes.tick(0, 0.2), notes.tick(1, 0.4)])

    assert (1, 1) == (figures.errors["x"], figures.times[LATENCY].get_total_count())
    assert [0.2, 0.4] == figures.used["a"]
    assert ("peer down",) == figures.seconds[0].marks


def test_fairness_is_one_if_all_fare_alike_and_less_if_some_are_starved():
    """Jain's index of the shares of what each began."""
    notes = Notes("a")
    assert 1.0 == Figures().fairness()
    for peer in "abcd":
        notes.story("s", peer, 1.0, 1.0, "")
    assert 1.0 == Figures([notes.tick(0, 0)]).fairness()
    for peer in "abcd":
        notes.story("s", peer, 1.0, 1.0, "" if peer == "a" else "429")
    assert 0.25 == Figures([notes.tick(0, 0)]).fairness()
