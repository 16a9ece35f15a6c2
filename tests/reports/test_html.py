import re

from reports import html
from tests.reports.conftest import cell, exchange


def test_the_page_needs_nothing_from_anywhere(made):
    """No address of another place, and no script."""
    page = html.render(made([cell()], [exchange(1)]))

    assert [] == re.findall(r'(?:src|href)="(?!#)[^"]*"', page)
    assert "<script" not in page


def test_every_requirement_is_there_with_its_evidence_once(made):
    """Where a test judges several, the others lead to it; every link leads somewhere."""
    page = html.render(made([cell(), cell("OCM-TOK-001", "passed", "")], [exchange(1)]))
    ids = re.findall(r'id="([^"]+)"', page)

    assert len(ids) == len(set(ids))
    assert set() == set(re.findall(r'href="#([^"]+)"', page)) - set(ids)
    assert {"OCM-SHARE-111", "OCM-TOK-001"} <= set(ids)


def test_what_is_not_tested_is_told_with_the_reason(made):
    """So that nobody takes the page for all of the draft."""
    page = html.render(made([cell()]))

    assert "1: nothing to see on the wire" in page
    assert "OCM-ROLE-007" in page


def test_it_can_be_filtered_by_verdict_and_severity(made):
    """By style alone."""
    page = html.render(made([cell()]))

    for name in ("f-failed", "s-breaks"):
        assert f'id="{name}"' in page
        assert f"#{name}:not(:checked)" in page


def test_many_exchanges_of_a_test_are_cut_and_counted(made):
    """The bundle has them all."""
    entries = [exchange(n) for n in range(1, 31)]

    assert "and 18 before these" in html.render(made([cell(exchanges=list(range(1, 31)))], entries))
