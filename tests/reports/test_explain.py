from io import StringIO

from rich.console import Console

from reports import explain
from tests.reports.conftest import HOSTILE, cell, exchange

FACTS = {
    **{
        "requirement": "OCM-X-1",
        "level": "MUST",
        "severity": "breaks",
        "section": "7",
        "text": "It answers.",
    },
    **{"how": "POST it.", "untested": "", "evidence": None},
    "tests": [{"test": "t.py::test_x", "says": "A sentence."}],
    "mutants": [{"slug": "m", "story": "It does not.", "killers": None}],
}


def shown(**more):
    """What is printed of it."""
    out = StringIO()
    explain.render({**FACTS, **more}, Console(file=out, width=200))
    return out.getvalue()


def test_text_tests_and_mutants_are_told():
    """And what to do where there is no evidence."""
    text = shown()

    for word in (
        "MUST, breaks, 7",
        "It answers.",
        "POST it.",
        "A sentence.",
        "m  It does not.",
        "no evidence yet",
    ):
        assert word in text


def test_who_kills_a_mutant_is_told_where_it_is_known():
    """This requirement's test, or another's."""
    killed = {"slug": "m", "story": "", "killers": ["t.py::test_x"]}
    other = {"slug": "n", "story": "", "killers": []}

    assert "killed by t.py::test_x" in shown(mutants=[killed])
    assert "caught by another" in shown(mutants=[other])


def test_the_last_evidence_is_shown_as_messages():
    """What a peer said stays text, and many are cut."""
    entries = [exchange(n, HOSTILE, by_site=n == 5) for n in range(1, 7)]
    seen = {"target": HOSTILE, "started": 0.0, "verdicts": [cell()], "exchanges": entries}
    text = shown(evidence=seen)

    assert "failed in test_share.py::test_a_share_is_taken: expected 201, got 200" in text
    assert "1970-01-01" in text
    assert "> POST /ocm/shares" in text
    assert "the site asks" in text
    assert "the last 4 of 6 exchanges" in text
    assert "\x1b" not in text


def test_why_nobody_tests_it_is_told():
    """Then no evidence is missed."""
    text = shown(untested="nothing to see", tests=[], mutants=[])

    assert "nothing to see" in text
    assert "no evidence" not in text
