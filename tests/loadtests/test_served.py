"""The served benchmark measures what it says, beside whichever servers are there."""

import json

import jsonschema
import pytest

from meshsim import bundle

served = bundle.load("loadtests", "served")

missing = bundle.load("loadtests", "wrk").missing()


@pytest.mark.skipif(bool(missing), reason=missing or "-")
@pytest.mark.parametrize(
    "only", ["get-1k-c16", "put-1k-c16", "propfind-100-c1", "mkcol-delete-c16", "get-64m-c1", "put-64m-c1"]
)
def test_a_measurement_gives_rows_by_the_schema(only):
    """In a short form: every server that is there does the work without an error; who is not, is named."""
    told = []
    rows = list(served.measure(only, 0.1, told.append))
    schema = json.loads((bundle.root() / "reports" / "schemas" / "bench.json").read_text())
    jsonschema.validate({"version": "0", "rows": rows}, schema)
    names = {name for name in served.RIVALS if f"{only}-{name}" in {row["id"] for row in rows}}

    assert set(served.RIVALS) == names | {
        name for name, module in served.RIVALS.items() if any(module.NAME in text for text in told)
    }
    assert all(row["ours"] > 0 and row["peer"] > 0 for row in rows)


def test_flows_go_over_sockets():
    """A figure, and no peer."""
    (row,) = served.measure("flow-signed-sockets", 0.01)

    assert row["ours"] > 0
