from io import StringIO

from rich.console import Console

from reports import doctor
from tests.reports.conftest import HOSTILE


def shown(state, told="as it was seen", advice="do this", **more):
    """What is printed of one check, and of it all."""
    out = StringIO()
    console = Console(file=out, width=200)
    found = {"check": "clock", "asks": "?", "state": state, "told": told, "advice": advice}
    doctor.entry(found, console)
    counts = {s: int(s == state) for s in ("ok", "doubtful", "broken", "skipped")}
    report = {
        "url": "https://x.example",
        "ok": state in ("ok", "doubtful"),
        "checks": [found],
        "counts": counts,
    }
    doctor.render({**report, **more}, console)
    return out.getvalue()


def test_what_is_broken_says_what_to_do_and_where_to_begin():
    """The first broken one is the root, most likely."""
    text = shown("broken")

    for word in ("✗ clock", "as it was seen", "→ do this", "1 broken", "begin with clock"):
        assert word in text


def test_what_is_well_leads_to_the_check():
    """The next command stands there."""
    assert "meshsim check https://x.example" in shown("ok", advice="")


def test_what_was_not_looked_at_is_no_success():
    """A run that saw nothing is red."""
    assert "not looked at: as it was seen" in shown("skipped")
    assert "nothing could be looked at" in shown("skipped")


def test_what_a_site_says_stays_text():
    """In a terminal as well."""
    assert "\x1b" not in shown("broken", HOSTILE, HOSTILE)
