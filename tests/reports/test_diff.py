from io import StringIO

from rich.console import Console

from reports import diff
from tests.reports.conftest import HOSTILE


def shown(worse=(), **more):
    """What is printed of it."""
    run = {"target": "x", "version": "1", "draft": "d", "finished": True}
    out = StringIO()
    found = {"ok": not worse, "from": run, "to": run, "worse": list(worse)}
    found |= {kind: [] for kind in ("better", "changed", "new", "gone")}
    diff.render({**found, **more}, Console(file=out, width=200))
    return out.getvalue()


def row(severity="breaks", **more):
    """Something that got worse."""
    named = {"requirement": "OCM-A-1", "test": "t.py::test_x", "level": "MUST", "severity": severity}
    return {**named, "before": "passed", "after": "failed", "reason": HOSTILE, **more}


def test_what_got_worse_is_told_first_and_the_worst_of_it():
    """With what it was and is, and why."""
    text = shown([row("harmless", requirement="OCM-A-2"), row()], better=[row(after=None)])

    assert text.index("OCM-A-1") < text.index("OCM-A-2") < text.index("got better")
    assert "passed → failed" in text
    assert "passed → —" in text
    assert "\x1b" not in text
    assert "it got worse: x → x: 2 worse, 1 better" in text


def test_two_that_were_judged_differently_are_told_as_such():
    """Another draft makes other verdicts."""
    other = {"target": "x", "version": "1", "draft": "e", "finished": False}

    assert "not judged alike: d by meshsim 1, then e by meshsim 1" in shown(to=other)
    assert "did not finish" in shown(to=other)
    assert "nothing got worse: x → x: no difference" in shown()


def test_many_are_counted():
    """The rest is in the JSON."""
    assert "and 3 more" in shown([row()] * (diff.MOST["worse"] + 3))
