from io import StringIO

import pytest
from rich.console import Console
from rich.text import Text

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
    told = "MUST      1 judged, 2 apply here, 3 have a test, 4 can be tested from outside"

    assert told in shown(made([]))


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 50)])
def test_one_screen_is_enough(width, height, made):
    """The first findings in full, others in a line, the rest counted."""
    cells = [cell(f"OCM-A-{n}", reason=f"{n}: {'long ' * 20}") for n in range(40)]
    out = StringIO()
    console = Console(file=out, width=width, height=height, force_terminal=True)
    check.render(made(cells, [exchange(1)]), console)
    lines = [Text.from_ansi(line).cell_len for line in out.getvalue().splitlines()]

    assert sum(max(1, -(-length // width)) for length in lines) <= height
    assert "more: --html has them all" in out.getvalue()
    assert "  2." in out.getvalue()


def test_a_log_is_told_all(made):
    """Where nobody looks at a screen, there is room, and no line is broken."""
    text = shown(made([cell(f"OCM-A-{n}", reason=f"{n}: {'long ' * 60}") for n in range(7)]))

    assert 7 == text.count(": long long")
    assert "more:" not in text
