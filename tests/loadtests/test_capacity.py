"""The highest rate that is kept to is found, and how steadily."""

import pytest

from loadtests import capacity


def site(holds, valid=True):
    def run(rate, seed):
        ok = rate <= holds
        broken = [] if ok else [{"name": "latency_ms.p99", "ok": False}]
        return {
            **{"ok": ok and valid, "valid": valid, "invalid": [] if valid else ["the generator"], "done": 1},
            **{"latency_ms": {"p99": rate}, "thresholds": broken, "errors": {}},
        }

    return run


@pytest.mark.parametrize("holds", [3.0, 10.0, 77.0, 640.0])
def test_the_edge_is_found_within_a_thirtieth_of_an_octave(holds):
    """From below, and steady in every run again."""
    found = capacity.found(site(holds), 10.0)

    assert holds * (1 - 1 / 16) <= found["capacity"] <= holds < found["broken_at"]
    assert (3, 3, False) == (found["steady"], found["of"], found["limited_by_generator"])
    assert (found["capacity"], found["broken_at"]) == found["spread"]


def test_the_spread_is_where_runs_came_out_either_way():
    """From the highest rate below every failure to the lowest above every success."""
    runs = [(10, True), (40, True), (20, True), (30, False), (35, True), (35, False), (50, False)]

    assert (20, 50) == capacity.spread([{"rate": rate, "ok": ok} for rate, ok in runs])
    assert (0.0, 5) == capacity.spread([{"rate": 5, "ok": False}])
    assert (5, 5) == capacity.spread([{"rate": 5, "ok": True}])


def test_a_site_that_holds_nothing_has_no_capacity():
    """The search ends."""
    found = capacity.found(site(0.0), 8.0)

    assert (0.0, 0) == (found["capacity"], found["of"])
    assert len(found["runs"]) < 10


def test_a_generator_at_its_limit_is_said():
    """What was found is its capacity, and not the site's."""
    assert capacity.found(site(50.0, valid=False), 8.0)["limited_by_generator"]


def test_a_site_without_an_end_is_not_searched_for_ever():
    """Up to the most that is asked for at all."""
    found = capacity.found(site(1e9), 100.0)

    assert capacity.MOST * 0.95 <= found["capacity"] <= capacity.MOST
    assert max(run["rate"] for run in found["runs"]) <= capacity.MOST
    assert len(found["runs"]) < 20


def test_a_rate_that_is_kept_to_only_sometimes_is_shown_to_be_that():
    """The spread is how often of three."""
    times = iter(range(1000))

    def run(rate, seed):
        return site(10.0)(rate if rate > 10 or next(times) % 2 == 0 else 1e9, seed)

    found = capacity.found(run, 10.0)

    assert found["steady"] < found["of"]
