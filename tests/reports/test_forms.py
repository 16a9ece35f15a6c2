"""What holds for every form of a report of a check."""

import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from io import StringIO

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from meshsim import bundle
from meshsim.reporting import FORMS
from reports import check
from tests.reports.conftest import HOSTILE, cell, exchange


def rendered(form, record):
    """The report in that form, as text."""
    if form == "terminal":
        out = StringIO()
        check.render(record, Console(file=out, width=200))
        return out.getvalue()
    return bundle.load("reports", form).render(record)


ALL = (*FORMS, "terminal")
TOLD = tuple(form for form in ALL if form != "badge")
"""A badge has room for a sum only."""


@pytest.mark.parametrize("form", TOLD)
def test_a_failure_is_told_with_all_that_proves_it(form, made):
    """Requirement, level, severity, text, expected, actual, message, and what the run was."""
    text = rendered(form, made([cell()], [exchange(1, '{"answer": 42}')]))

    for word in ("OCM-SHARE-111", "MUST", "breaks", "What OCM-SHARE-111 says", "POST it", "200", "42"):
        assert word in text.replace("\\", "")
    for word in ("draft-x-07", "1.0", "7", "virtual", "x.example"):
        assert word in text.replace("\\", "")


@pytest.mark.parametrize("form", ALL)
def test_what_a_peer_says_stays_text(form, made):
    """Neither markup, nor control characters, nor a change of direction comes through."""
    record = made(
        [cell(reason=HOSTILE), cell("OCM-TOK-001", "blocked", HOSTILE)],
        [exchange(1, HOSTILE, url=f"https://x.example/{HOSTILE}")],
        target=f"https://{HOSTILE}",
    )
    text = rendered(form, record)

    assert "\x1b" not in text
    assert "\u202e" not in text
    if form in ("junit", "badge"):
        ET.fromstring(text)
    if form == "html":
        assert set() == {"script", "iframe", "img", "link", "object"} & tags(text)
        assert "default-src 'none'" in text
    if form == "markdown":
        page = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
        assert not {"script", "iframe", "img", "a"} & tags(page)
        assert 2 == page.count("<details>") == page.count("</details>")


def tags(page):
    """The elements of a page."""
    found = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.add(tag)
            assert not [name for name, _ in attrs if name.startswith("on")]

    Reader().feed(page)
    return found


@pytest.mark.parametrize("form", ALL)
def test_a_run_that_did_not_finish_is_told_as_such(form, made):
    """And looks like no run that is well."""
    missing = [cell(f"OCM-SHARE-{n}", "error", "planned and not run", exchanges=[]) for n in range(100, 110)]
    text = rendered(form, made([cell("OCM-SHARE-001", "passed", ""), *missing], finished=False))
    well = rendered(form, made([cell("OCM-SHARE-001", "passed", "")]))

    if form == "junit":
        root = ET.fromstring(text)
        assert "10" == root.get("errors")
        assert "0" == ET.fromstring(well).get("errors")
    else:
        assert "not finish" in text
        assert "not finish" not in well


@pytest.mark.parametrize("form", ALL)
def test_a_plan_without_a_single_verdict_is_no_success(form, made):
    """Nothing was judged, and nothing is green."""
    text = rendered(form, made([], finished=False))

    assert 'errors="1"' in text if form == "junit" else "not finish" in text
