from io import StringIO

from rich.console import Console

from reports import check

VERDICT = {
    "requirement": "OCM-X-1",
    "test": "test_x.py::test_y",
    "verdict": "failed",
    "level": "MUST",
    "severity": "breaks",
    "reason": "201 == [red]200[/]",
    "exchanges": [],
}
COVERAGE = {
    f"{w}_{p}": n for w in ("must", "should") for n, p in enumerate(("judged", "tested", "testable"), 1)
}


def shown(verdicts, **more):
    """What is printed of such a run."""
    out = StringIO()
    counts = {"failed": len(verdicts)}
    report = {
        "target": "sim:x",
        "ok": not verdicts,
        "verdicts": verdicts,
        "counts": counts,
        "coverage": COVERAGE,
    }
    texts = {"OCM-X-1": {"text": "It answers 201.", "how": "POST it.", "section": "7"}}
    check.render({**report, **more}, texts, Console(file=out, width=200))
    return out.getvalue()


def test_a_failure_shows_requirement_expected_and_actual():
    """What the site said is not read as markup."""
    text = shown([VERDICT])

    for word in ("OCM-X-1", "It answers 201.", "POST it.", "201 == [red]200[/]", "does not meet"):
        assert word in text


def test_the_root_of_what_is_blocked_is_told_once():
    """Ten cells with one reason are one line."""
    text = shown([{**VERDICT, "verdict": "blocked", "reason": "no discovery"}] * 10)

    assert 1 == text.count("no discovery")


def test_denominators_are_honest():
    """Judged, tested, testable."""
    assert "MUST: 1 judged here, 2 have a test, 3 can be tested at all" in shown([])


def test_one_screen_is_enough():
    """The rest is counted."""
    assert "and 10 more" in shown([VERDICT] * 40)


def test_a_requirement_is_explained():
    """Text, tests and mutants."""
    out = StringIO()
    text = {"text": "It answers 201.", "how": "POST it.", "section": "7", "level": "MUST"}
    check.explain("OCM-X-1", text, {"tests": ["t"], "mutants": ["m"], "untested": ""}, Console(file=out))

    assert "mutant: m" in out.getvalue()
