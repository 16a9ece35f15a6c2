"""A load run for spreadsheets has a line for each second, and no formulas."""

import csv
import io

from meshsim import bundle
from tests.reports.load_result import RESULT


def test_each_second_is_a_line():
    """Under the names of the columns."""
    rows = list(csv.DictReader(io.StringIO(bundle.load("reports", "load_csv").render(RESULT))))

    assert ["0", "1"] == [row["second"] for row in rows]
    assert ("2", "1", "1", "9", "0.5", "1.0", "3.0", "5.0") == tuple(
        rows[0][name]
        for name in ("begun", "done", "failed", "requests", "used", "p50_ms", "p99_ms", "max_ms")
    )


def test_a_mark_is_no_formula():
    """Whatever it begins with."""
    assert (
        "peer down"
        == list(csv.DictReader(io.StringIO(bundle.load("reports", "load_csv").render(RESULT))))[1]["marks"]
    )
