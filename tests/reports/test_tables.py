"""Tables on the terminal and on a page."""

from io import StringIO

from rich.console import Console

from reports import tables

TABLE = {
    "title": "what came of it",
    "note": "told from facts",
    "legend": {"good": "held", "fair": "bent", "bad": "broken"},
    "columns": [{"title": "a_b", "about": "the first"}, {"title": "second|one"}],
    "rows": [
        {
            "title": "[bold]row",
            "cells": [
                {"text": "held", "mark": "good"},
                {"text": "broken [twice]", "mark": "bad", "detail": "2 of 2"},
            ],
        },
    ],
}


def shown(*given, width):
    out = StringIO()
    tables.render(given, Console(file=out, width=width, color_system=None))
    return out.getvalue()


def test_what_fits_is_shown_in_words():
    """Columns by name, cells by sign and text; what looks like markup is text."""
    text = shown(TABLE, width=100)

    assert "second|one" in text
    assert "✓ held" in text
    assert "✗ broken [twice]" in text
    assert "[bold]row" in text
    assert "the first" not in text


def test_what_does_not_fit_is_explained_below():
    """Numbers and signs, and of the legend only what occurs."""
    text = shown(TABLE, width=40)

    assert "second|one" not in text.split("told from facts")[0]
    assert "✓ held   ✗ broken" in text
    assert "bent" not in text
    assert "1  a_b the first" in text


def test_tables_with_the_same_columns_explain_them_once():
    """Under the last of them."""
    other = {**TABLE, "columns": [{"title": "x"}, {"title": "a column of another kind altogether"}]}

    assert 1 == shown(TABLE, TABLE, width=40).count("a_b the first")
    assert 2 == shown(TABLE, other, TABLE, width=40).count("a_b the first")


def test_no_table_is_nothing():
    """A run without any prints none."""
    assert "" == shown(width=80)


def test_a_page_says_the_same_without_colours():
    """What is bad is bold; what means something in Markdown is escaped."""
    expected = "| | a\\_b | second\\|one |\n|---|---|---|\n| [bold]row | held | **broken [twice]** |\n"

    assert expected == tables.markdown(TABLE)
