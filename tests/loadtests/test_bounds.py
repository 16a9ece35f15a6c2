"""What the benchmark of load keeps to, tried in its short form, which is no measurement and says so."""

import json

import jsonschema
import pytest

from loadtests import bounds
from meshsim import bundle


@pytest.mark.parametrize(("only", "count"), [("load-10g", 2), ("load-day-100-sites", 1)])
def test_a_short_form_gives_rows_that_are_not_met(only, count):
    """A file of 50 MB goes up and down again, a day has few visitors; neither shows what is asked for."""
    rows = list(bounds.measure(only, 0.1, pytest.fail))
    schema = json.loads((bundle.root() / "reports" / "schemas" / "bench.json").read_text())
    jsonschema.validate({"version": "0", "rows": rows}, schema)

    assert (count, {False}) == (len(rows), {row["met"] for row in rows})
    assert all(row["ours"] > 0 for row in rows)
