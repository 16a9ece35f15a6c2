import json
import os
import re
from pathlib import Path

import pytest

from conformance import catalogue, explaining, kill, mutants
from meshsim.departure import Departure


@pytest.mark.parametrize("slug", mutants.names())
def test_a_mutant_says_what_it_breaks(slug):
    """Requirements of the catalogue, an area, where it was seen, and a departure."""
    mutant = mutants.load(slug)

    assert mutant.area in mutants.AREAS
    assert mutant.hidden or set(mutant.breaks)
    assert set(mutant.breaks) <= catalogue.known()
    assert mutant.seen
    assert all(re.fullmatch(r"FB-\d{3}", seen) or len(seen) > 10 for seen in mutant.seen)
    assert mutant.story
    assert isinstance(mutant.build(), Departure)


def test_a_mutant_is_killed_for_what_it_does():
    """One that answers shares with 200, and no alarm at the site it departs from."""
    report = kill.matrix(["share-status-200"])
    (row,) = report["mutants"]

    assert [] == report["alarms"]
    assert row["killed"]
    assert row["right_reason"]
    assert report["ok"]


def test_every_mutant_is_killed_for_what_it_does():
    """By the tests that cite it; enough of them from the catalogue of field bugs, in every area."""
    report = kill.matrix(quick=True)
    found = kill.told(report)
    if path := os.environ.get("MESHSIM_KILLS_FILE"):
        Path(path).write_text(json.dumps(found, indent=1) + "\n")
    from_the_field = [
        mutant
        for mutant in map(mutants.load, mutants.names())
        if not mutant.hidden and any(seen.startswith("FB-") for seen in mutant.seen)
    ]

    assert [] == report["alarms"]
    assert [] == list(kill.survivors(report))
    assert len(from_the_field) >= 115
    # What `meshsim explain` says of who kills is true of every mutant; others may kill by now, too.
    assert found.keys() == explaining.kills().keys()
    for slug, tests in explaining.kills().items():
        assert tests, f"{slug}: run nox -s kills"
        assert [] == [t for t in tests if t not in found[slug]], f"{slug}: run nox -s kills"
    assert set(mutants.AREAS) == {mutant.area for mutant in from_the_field}


def test_who_is_not_caught_is_told():
    """A living mutant and one that was caught for something else fail the run."""
    rows = [
        {"slug": "a", "killed": False, "right_reason": False, "crashes": []},
        {"slug": "b", "killed": True, "right_reason": False, "crashes": []},
        {"slug": "c", "killed": True, "right_reason": True, "crashes": [{"test": "t", "reason": "KeyError"}]},
    ]

    assert ["a lives", "b was caught for something else", "c crashed t: KeyError"] == list(
        kill.survivors({"mutants": rows})
    )


def test_where_nobody_was_tried_nothing_was_shown():
    """A mutant that cannot be told apart from outside proves nothing by itself."""
    report = kill.matrix([next(name for name in mutants.names() if mutants.load(name).hidden)])

    assert not report["ok"]
    assert [] == report["mutants"]
