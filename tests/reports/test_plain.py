import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import plain
from tests.reports.conftest import exchange


@given(st.text())
def test_nothing_that_moves_a_cursor_comes_through(text):
    """Of control characters, only tab and line feed."""
    shown = plain.plain(text)

    assert not [c for c in shown if ord(c) < 32 and c not in "\t\n"]
    assert plain.plain(shown) == shown


@pytest.mark.parametrize(("text", "shown"), [("\x1b[2J", "\\x1b[2J"), ("a\u202eb", "a\\u202eb"), ("ü", "ü")])
def test_what_is_hidden_is_written_out(text, shown):
    """As an escape that a reader knows."""
    assert shown == plain.plain(text)


def test_a_long_line_is_cut():
    """With a sign that it was."""
    assert "aaaa…" == plain.line("a" * 9, 5)
    assert "a b" == plain.line("a\n\n b")


def test_an_exchange_is_one_line():
    """Or says that nobody answered."""
    assert "POST https://x.example/ocm/shares → 200 {}" == plain.summary(exchange(1))
    assert plain.summary(exchange(1, status=0)).endswith("→ nobody answers")


def test_a_message_stands_as_on_the_wire_with_its_json_indented():
    """A reader sees the members below each other."""
    asked = plain.request(exchange(1))

    assert asked.startswith("POST /ocm/shares\nhost: x.example\ncontent-type: application/json\n\n{\n")
    assert "200\nserver: {}" in plain.answer(exchange(1))
    assert "nobody answers" == plain.answer(exchange(1, status=0))


def test_a_huge_body_is_cut_and_a_deep_one_is_shown_as_it_is():
    """No report grows with what a peer likes to send."""
    assert "more characters" in plain.answer(exchange(1, "x" * 10_000))
    assert "[" * 900 in plain.answer(exchange(1, "[" * 900))
