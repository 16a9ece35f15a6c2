from io import StringIO

from rich.console import Console

from reports import check
from tests.reports.conftest import cell, exchange


def shown(record, **more):
    """What is printed of it."""
    out = StringIO()
    check.render(record, Console(file=out, width=200, **more))
    return out.getvalue()


def test_a_failure_shows_requirement_expected_actual_message_and_hint(made):
    """What the site said is not read as markup."""
    text = shown(made([cell(reason="201 == [red]200[/]")], [exchange(1)]))

    for word in (
        "failed OCM-SHARE-111 MUST, breaks: What OCM-SHARE-111 says.",
        "expected  POST it.",
        "actual    201 == [red]200[/]",
        "message   POST https://x.example/ocm/shares → 200 {}",
        "hint      a site that was seen to break it: It says 200.",
        "again     meshsim check https://x.example --only test_a_share_is_taken",
    ):
        assert word in text


def test_the_root_of_what_is_blocked_is_told_once(made):
    """Ten cells with one reason are one finding."""
    text = shown(made([cell(f"OCM-A-{n}", "blocked", "no discovery") for n in range(10)]))

    assert 1 == text.count("no discovery")
    assert "10 requirements" in text


def test_denominators_are_honest(made):
    """Judged, tested, testable."""
    told = "MUST      1 judged in this run, 2 have a test, 3 can be tested from outside"

    assert told in shown(made([]))


def test_one_screen_is_enough(made):
    """The first findings in full, others in a line, the rest counted."""
    text = shown(made([cell(f"OCM-A-{n}", reason=str(n)) for n in range(40)]), height=40, force_terminal=True)

    assert text.count("\n") <= 40
    assert "more" in text
