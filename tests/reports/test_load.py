"""A load run as text says its verdict and what it is made of."""

import io

from rich.console import Console

from meshsim import bundle
from tests.reports.load_result import RESULT


def said(**changes):
    file = io.StringIO()
    bundle.load("reports", "load").render({**RESULT, **changes}, Console(file=file, width=200))
    return file.getvalue()


def test_everything_that_counts_is_said():
    """Figures, findings, errors, limits, doubts, and the last word."""
    told = said()

    for words in (
        "3 of 4 stories, 1.5 a second, seed 7",
        "share [S] is <gone>",
        '1 x share read: "503"',
        "25% of its core, 30 requests a second of 9000",
        "broken ledger.lost 0: 1",
        "kept latency_ms.p99 9: 3",
        "x 9: not measured",
        "not valid: workers died: w1",
    ):
        assert words in told, words
    assert told.endswith("not ok\n")
    assert said(ok=True).endswith("\nok\n")
    assert "measured peak: 2" in said(measured={"peak": 2.0})
    assert "generator" not in said(simulated=True)
