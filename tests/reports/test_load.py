"""A load run as text says its verdict and what it is made of."""

import io

from rich.console import Console

from meshsim import bundle

TIMES = {"p50": 1.0, "p90": 2.0, "p99": 3.0, "p999": 4.0, "p9999": 4.5, "max": 5.0}
RESULT = {
    "story": "share",
    "done": 3,
    "arrivals": 4,
    "rate": 1.5,
    "seed": 7,
    "latency_ms": TIMES,
    "service_ms": TIMES,
    "steps": {"share read": TIMES},
    "ledger": {
        **{"acknowledged": 4, "lost": 1, "doubled": 0, "altered": 0, "leaked": 0, "undead": 0, "unasked": 0},
        "findings": [{"wrong": "lost", "entry": "1", "sentence": "share [S] is gone"}],
    },
    "errors": {"share read: 503": 1},
    "generator": {"used": 0.25, "requests_per_second": 30.0, "limit": 9000.0, "lag_ms": TIMES},
    "thresholds": [
        {"name": "ledger.lost", "limit": 0, "value": 1, "ok": False},
        {"name": "latency_ms.p99", "limit": 9, "value": 3.0, "ok": True},
        {"name": "x", "limit": 9, "value": None, "ok": False},
    ],
    "invalid": ["workers died: w1"],
    "ok": False,
}


def said(**changes):
    file = io.StringIO()
    bundle.load("reports", "load").render({**RESULT, **changes}, Console(file=file, width=200))
    return file.getvalue()


def test_everything_that_counts_is_said():
    """Figures, findings, errors, limits, doubts, and the last word."""
    told = said()

    for words in (
        "3 of 4 stories, 1.5 a second, seed 7",
        "share [S] is gone",
        "1 x share read: 503",
        "25% of its core, 30 requests a second of 9000",
        "broken ledger.lost 0: 1",
        "kept latency_ms.p99 9: 3",
        "x 9: not measured",
        "not valid: workers died: w1",
    ):
        assert words in told, words
    assert told.endswith("not ok\n")
    assert said(ok=True).endswith("\nok\n")
