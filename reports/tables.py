"""Tables of a report: cells with a text, and a mark that says how good that is."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

STYLES = {"good": "green", "fair": "yellow", "bad": "red", "plain": "default"}
SIGNS = {"good": "✓", "fair": "~", "bad": "✗", "plain": "·"}
"""Beside the colour, so that a table says the same in black and white."""

EMPHASIS = {"good": "", "fair": "*", "bad": "**", "plain": ""}


def render(tables: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Print tables. Where texts would not fit, columns are numbers and cells signs, explained below."""
    for index, table in enumerate(tables):
        columns = table["columns"]
        wide = not _fits(table, console.width)
        drawn = Table("", title=table["title"], title_justify="left", pad_edge=False)
        for number, column in enumerate(columns, 1):
            drawn.add_column(str(number) if wide else escape(column["title"]), justify="center")
        for row in table["rows"]:
            drawn.add_row(escape(row["title"]), *(_cell(cell, wide) for cell in row["cells"]))
        console.print(drawn)
        legend = "   ".join(f"{_styled(mark, SIGNS[mark])} {escape(text)}" for mark, text in _marks(table))
        for line in filter(None, (escape(table.get("note", "")), legend if wide else "")):
            console.print(line, soft_wrap=True)
        # Tables side by side have their columns explained once, under the last of them.
        if wide and (index + 1 == len(tables) or tables[index + 1]["columns"] != columns):
            for line in _legend(columns):
                console.print(line, soft_wrap=True)


def _fits(table: Mapping[str, Any], width: int) -> bool:
    rows = table["rows"]
    first = max((len(row["title"]) for row in rows), default=0)
    for index, column in enumerate(table["columns"]):
        first += 3 + max([len(column["title"]), *(len(row["cells"][index]["text"]) + 2 for row in rows)])
    return first + 4 <= width


def _cell(cell: Mapping[str, Any], short: bool) -> str:
    sign = SIGNS[cell["mark"]]
    return _styled(cell["mark"], sign if short else f"{sign} {escape(cell['text'])}")


def _styled(mark: str, text: str) -> str:
    return f"[{STYLES[mark]}]{text}[/]"


def _marks(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    seen = {cell["mark"] for row in table["rows"] for cell in row["cells"]}
    return ((mark, text) for mark, text in table.get("legend", {}).items() if mark in seen)


def _legend(columns: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for number, column in enumerate(columns, 1):
        yield f"{number:3}  [bold]{escape(column['title'])}[/] {escape(column.get('about', ''))}"


def markdown(table: Mapping[str, Any]) -> str:
    """The table for a page, where what is bad stands out without colours, too."""
    columns = table["columns"]
    lines = [
        f"| | {' | '.join(_plain(column['title']) for column in columns)} |",
        f"|---|{'---|' * len(columns)}",
    ]
    for row in table["rows"]:
        told = (EMPHASIS[c["mark"]] + _plain(c["text"]) + EMPHASIS[c["mark"]] for c in row["cells"])
        lines.append(f"| {_plain(row['title'])} | {' | '.join(told)} |")
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("_", "\\_")
