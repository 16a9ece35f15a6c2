from markdown_it import MarkdownIt

from reports import markdown
from tests.reports.conftest import HOSTILE, cell, exchange


def test_counts_and_denominators_are_tables(made):
    """By area and by severity, too."""
    text = markdown.render(made([cell(), cell("OCM-TOK-001", "passed", "")], [exchange(1)]))

    assert "| MUST | 1 | 2 | 3 | 4 |" in text
    assert "| Tokens | 0 | 1 |" in text
    assert "| breaks: peers cannot do what they try | 1 | 1 |" in text


def test_a_message_cannot_leave_its_fence(made):
    """Whatever backticks it has."""
    text = markdown.render(made([cell()], [exchange(1, f"```\n{HOSTILE}\n````")]))
    fences = [t for t in MarkdownIt().parse(text) if t.type == "fence"]

    assert 1 == len(fences)
    assert "</details>" in fences[0].content


def test_no_more_is_told_than_anybody_reads(made):
    """The rest is counted."""
    cells = [cell(reason=str(n)) for n in range(markdown.MOST + 3)]

    assert "And 3 more." in markdown.render(made(cells))
