from datetime import date
from pathlib import Path

import pytest

from conformance import verdicts
from conformance.verdicts import Expectation, Verdict

TODAY = date(2026, 12, 1)
FILES = sorted(p.stem for p in (Path(verdicts.__file__).parent / "expectations").glob("*.yaml"))


def judged(verdict, test="test_x.py::test_y[a]", expires=date(2027, 1, 1)):
    """A cell after it was compared with what is known."""
    known = Expectation("OCM-SHARE-117", "its reason", "https://example.org/1", expires, test="[a]")
    cell = Verdict("OCM-SHARE-117", test, verdict, reason="got 201")
    verdicts.expected(cell, [known], TODAY)
    return cell


def test_a_failure_that_is_known_is_forgiven():
    """With the reason, where it is told, and until when."""
    cell = judged("failed")

    assert "known" == cell.verdict
    assert "its reason (https://example.org/1, until 2027-01-01): got 201" == cell.reason


def test_it_is_forgiven_until_its_date_only():
    """Then it fails again, and says so."""
    cell = judged("failed", expires=date(2026, 11, 30))

    assert "failed" == cell.verdict
    assert "no longer forgiven since 2026-11-30" in cell.reason


def test_what_passes_all_the_same_is_told():
    """So that the entry is taken out."""
    cell = judged("passed")

    assert "passed" == cell.verdict
    assert cell.reason.startswith(verdicts.UNEXPECTED)


@pytest.mark.parametrize("verdict", ["unsupported", "blocked", "inconclusive", "error"])
def test_nothing_else_is_forgiven(verdict):
    """A run that could not judge it says nothing of it."""
    assert verdict == judged(verdict).verdict


def test_another_test_of_the_same_requirement_is_not_forgiven():
    """An entry may name a single case."""
    assert "failed" == judged("failed", test="test_x.py::test_y[b]").verdict


@pytest.mark.parametrize("name", FILES)
def test_each_file_of_expectations_is_whole(name):
    """Requirements that there are, a reason of several words, and a link."""
    entries = verdicts.entries(name)

    assert entries
    for entry in entries:
        assert 3 < len(entry.reason.split())
        assert entry.link.startswith("https://")


def test_a_file_that_is_not_there_is_wrong_use():
    """And those that are, are told."""
    with pytest.raises(ValueError, match="opencloudmesh_go"):
        verdicts.expectations("nobody")
