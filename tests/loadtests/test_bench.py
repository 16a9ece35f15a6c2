"""The benchmark measures what it says; how fast that is, it says itself."""

import json

import jsonschema
import pytest

from meshsim import bundle

bench = bundle.load("loadtests", "bench")


@pytest.mark.parametrize("name", bench.MEASUREMENTS)
def test_a_measurement_gives_rows_by_the_schema(name):
    """In a short form: figures above nothing, and a verdict."""
    rows = list(bench.measure(name, 0.01))
    schema = json.loads((bundle.root() / "reports" / "schemas" / "bench.json").read_text())
    jsonschema.validate({"version": "0", "rows": rows}, schema)

    assert rows
    assert all(row["ours"] > 0 and (row["peer"] is None or row["peer"] > 0) for row in rows)


def test_all_contenders_do_the_same_six_requests():
    """Signed or not, a flow ends without error; the mesh really sends six messages."""
    from loadtests.peers import AT_ONCE, direct, mesh, starlette

    for signed in (False, True):
        direct.prepare(signed)(0)
        run = mesh.prepare(signed)
        run(0)
        before = len(run.mesh.transcript)
        run(AT_ONCE)

        assert 6 * AT_ONCE == len(run.mesh.transcript) - before
        assert signed == any("signature" in e.request.headers for e in run.mesh.transcript)
    starlette.prepare(False)(0)
    with pytest.raises(ValueError, match="unsigned"):
        starlette.prepare(True)
