"""The benchmark of generators measures what it was asked for; its figures are the machine's."""

import json

import jsonschema
import pytest

from loadtests import generators, meshes
from meshsim import bundle


def test_nothing_is_measured_that_was_not_asked_for():
    """And nothing is started for it."""
    assert [] == list(generators.measure("no such row", 0.1))


def test_our_user_is_measured_with_its_books_and_without():
    """In turn, in one process."""
    with generators._null() as url:
        told = generators.contender(
            {"work": "gets", "name": "ours", "url": url, "users": 4, "seconds": 2, "closed": True}
        )

    assert ([], 2, 2) == (told["wrong"], len(told["open"]), len(told["closed"]))
    assert all(rate > 0 for rate in (*told["open"], *told["closed"]))


@pytest.mark.parametrize("name", ["ours", "FastHttpUser"])
def test_the_six_requests_are_told_by_real_peers_whoever_sends_them(name, tmp_path):
    """What the target gave is accepted there, and what it was given is among what its people have."""
    accounts = tmp_path / "accounts.json"
    with meshes.started("token", 1, 0) as mesh:
        accounts.write_text(json.dumps(mesh))
        asked = {"url": mesh["sites"][0]["url"], "accounts": str(accounts), "users": 2}
        told = generators.contender({**asked, "work": "flows", "name": name, "seconds": 1, "closed": False})

    assert [] == told["wrong"]
    assert told["open"][0] > 0


def test_rounds_are_compared_with_each_other():
    """The ratio is the median of the rounds', each with the median of our seconds in it."""
    found = {"ours": [10.0, 20.0, 30.0, 40.0, 9.0, 9.0], "other": [5.0, 1.0, 9.0]}
    made = generators._beside("load-get-1k-other", "requests", found, "other", "another", 3.0)
    schema = json.loads((bundle.root() / "reports" / "schemas" / "bench.json").read_text())
    jsonschema.validate({"version": "0", "rows": [made]}, schema)

    assert ([15.0, 35.0, 9.0], 3.0, True) == (
        generators._each_round(found["ours"], found["other"]),
        made["ratio"],
        made["met"],
    )
