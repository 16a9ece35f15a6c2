"""A search and a comparison are told in a few lines, and say whether they can be relied on."""

import io

from rich.console import Console

from meshsim import bundle

RUN = {"rate": 8.0, "ok": True, "p99_ms": 12.0, "why": []}
CAPACITY = {
    **{
        "capacity": 8.0,
        "broken_at": 8.5,
        "spread": (7.5, 8.5),
        "steady": 3,
        "of": 3,
        "limited_by_generator": False,
    },
    "runs": [RUN, {**RUN, "rate": 9.0, "ok": False, "why": ["latency_ms.p99"]}],
}
SIDE = {"verdict": "slower", "ratio": 1.5, "low": 1.4, "high": 1.7, "pairs": 5}
COMPARED = {
    **{"first": "http://a", "second": "http://b", "valid": True, "invalid": [], "ledgers_wrong": 0},
    "service_ms": {"p50": SIDE, "p99": {**SIDE, "ratio": None}},
}


def said(found):
    file = io.StringIO()
    good = bundle.load("reports", "load_runs").render(found, Console(file=file, width=200))
    return good, file.getvalue()


def test_a_capacity_has_its_spread_and_its_runs():
    """Relied on where it was kept in every run again, and the generator was not the edge."""
    good, told = said(CAPACITY)

    assert good
    assert "capacity: 8.0 stories a second, kept in 3 of 3 runs again; spread 7.5 to 8.5" in told
    assert "latency_ms.p99" in told
    for changes in ({"steady": 2}, {"limited_by_generator": True}, {"capacity": 0.0, "of": 0, "steady": 0}):
        assert not said({**CAPACITY, **changes})[0]


def test_a_comparison_has_its_interval():
    """Relied on where all runs were valid and all ledgers right."""
    good, told = said(COMPARED)

    assert good
    assert "slower; 1.500 of the other's, 95 % interval 1.400 to 1.700, 5 pairs" in told
    assert "p99: nothing was measured" in told
    assert not said({**COMPARED, "valid": False, "invalid": ["x"]})[0]
    assert not said({**COMPARED, "ledgers_wrong": 1})[0]
