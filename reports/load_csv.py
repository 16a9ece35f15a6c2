"""A load run for spreadsheets: one line for each second."""

import csv
import io
from collections.abc import Mapping
from typing import Any

COLUMNS = ("second", "begun", "done", "failed", "requests", "used", "p50_ms", "p99_ms", "max_ms", "marks")


def render(result: Mapping[str, Any]) -> str:
    """The text, with a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in result["seconds"]:
        plain = [one[name] for name in COLUMNS[:6]]
        times = [one["latency_ms"][name] for name in ("p50", "p99", "max")]
        # A cell that begins with = would be a formula, and a mark may hold the name of a stranger's host.
        writer.writerow([*plain, *times, "; ".join(one["marks"]).lstrip("=+-@\t\r")])
    return text.getvalue()
