from reports import badge
from tests.reports.conftest import cell


def test_a_badge_says_how_much_was_judged(made):
    """Green has a denominator; little is amber."""
    well = made([cell(verdict="passed")])
    much = made([cell(verdict="passed")])
    much["verdicts"]["coverage"]["must_judged"] = 4

    assert "1 of 4 MUST judged" in badge.render(well)
    assert badge.AMBER in badge.render(well)
    assert badge.GREEN in badge.render(much)


def test_what_is_broken_or_not_known_is_red(made):
    """Failed, blocked, never finished."""
    for record in (made([cell()]), made([cell(verdict="blocked")]), made([], finished=False)):
        assert badge.RED in badge.render(record)
    assert "1 broken" in badge.render(made([cell(), cell()]))
