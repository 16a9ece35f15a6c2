"""A conformance run on the terminal: what is broken on one screen, what to do about it, and honest counts."""

from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from reports import findings
from reports.findings import VERDICTS, Finding
from reports.plain import line, summary

COLOURS = {
    "passed": "green",
    "failed": "red",
    "warning": "yellow",
    "informational": "cyan",
    "unsupported": "dim",
    "blocked": "magenta",
    "inconclusive": "dim",
    "known": "blue",
    "error": "red reverse",
}
SIGNS = {"passed": ".", "failed": "F", "warning": "w", "known": "k", "error": "E", "blocked": "b"}
HEIGHT = 60
"""Lines where nobody looks at a screen, such as in the log of a job."""


def progress(console: Console) -> Callable[[Any], None]:
    """Says a sign for each verdict; silent where nobody watches."""

    def note(cell: Any) -> None:
        if console.is_terminal:
            colour = COLOURS[cell.verdict]
            console.print(f"[{colour}]{SIGNS.get(cell.verdict, '-')}[/]", end="")

    return note


def render(record: Mapping[str, Any], console: Console) -> None:
    """Print what `meshsim check` found, so that it fits the screen."""
    if console.is_terminal:
        console.print()
    found = findings.findings(record)
    counts = _captured(console, lambda: _counts(record, console))
    room = (console.height if console.is_terminal else HEIGHT) - _lines(counts, console) - 2
    whole = 0
    for number, finding in enumerate(found, 1):
        text = _captured(console, lambda n=number, f=finding: _finding(n, f, record, console))  # type: ignore[misc]
        left = int(number < len(found))
        if whole and _lines(text, console) + left > room:
            break
        console.file.write(text)
        room -= _lines(text, console)
        whole = number
    rest = found[whole:]
    short = rest if len(rest) <= room else rest[: max(0, room - 1)]
    for number, finding in enumerate(short, whole + 1):
        console.print(f"{number:3}. {_title(finding, record)}", no_wrap=True, overflow="ellipsis")
    if len(rest) > len(short):
        console.print(f"     and {len(rest) - len(short)} more: --html has them all", soft_wrap=True)
    if found:
        console.print()
    console.file.write(counts)


def _captured(console: Console, act: Callable[[], None]) -> str:
    with console.capture() as capture:
        act()
    return capture.get()


def _lines(text: str, console: Console) -> int:
    """Lines of the screen that it takes; what is copied from there is left to the terminal to break."""
    return sum(max(1, -(-Text.from_ansi(part).cell_len // console.width)) for part in text.splitlines())


def _finding(number: int, finding: Finding, record: Mapping[str, Any], console: Console) -> None:
    told = record["requirements"].get(finding.requirements[0], {})
    blocked = finding.verdict == "blocked"
    others = finding.requirements[not blocked :]
    more = f" and {len(others) - 5} more" if len(others) > 5 else ""
    advice, command = findings.hint(finding, record)
    rows = [
        ("waiting" if blocked else "also", f"{', '.join(others[:5])}{more}"),
        ("expected", "" if blocked else line(told.get("how", ""))),
        ("actual", "" if blocked else line(finding.reason)),
        ("message", summary(finding.message) if finding.message and not blocked else ""),
        ("hint", line(advice)),
    ]
    _indented(f"{number:3}.", _title(finding, record), 5, console)
    for name, text in rows:
        if text:
            _indented(f"     [dim]{name}[/]", escape(text), 15, console)
    if command:
        console.print(f"     [dim]again[/]     {escape(line(command))}", soft_wrap=True)


def _indented(name: str, text: str, width: int, console: Console) -> None:
    if console.is_terminal:
        grid = Table.grid()
        grid.add_column(width=width, no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row(name, text)
        console.print(grid)
    else:
        # Who reads the log of a job, or searches in it, has lines of any length.
        gap = " " * (width - Text.from_markup(name).cell_len)
        console.print(f"{name}{gap}{text}", soft_wrap=True)


def _title(finding: Finding, record: Mapping[str, Any]) -> str:
    cell = finding.first
    told = record["requirements"].get(cell["requirement"], {})
    colour = COLOURS[finding.verdict]
    if finding.verdict == "blocked":
        head = f"[{colour}]blocked[/] [bold]{len(finding.requirements)} requirements[/], {finding.severity}"
        return f"{head}: {escape(line(finding.reason))}"
    section = f" [dim]({escape(told['section'])})[/]" if told.get("section") else ""
    head = (
        f"[{colour}]{finding.verdict}[/] [bold]{cell['requirement']}[/] {cell['level']}, {finding.severity}"
    )
    return f"{head}: {escape(line(told.get('text', '')))}{section}"


def _counts(record: Mapping[str, Any], console: Console) -> None:
    report = record["verdicts"]
    counts = [f"[{COLOURS[n]}]{report['counts'][n]} {n}[/]" for n in VERDICTS if report["counts"][n]]
    console.print("verdicts  " + ", ".join(counts), soft_wrap=True)
    for word in ("must", "should"):
        judged, applicable, tested, total = (report["coverage"][f"{word}_{part}"] for part in findings.PARTS)
        told = f"{judged} judged, {applicable} apply here, {tested} have a test, "
        console.print(f"{word.upper():9} {told}{total} can be tested from outside", soft_wrap=True)
    seed = "" if report["seed"] is None else f", seed {report['seed']}"
    made = f"{report['draft']}, meshsim {report['version']}{seed}, {report['clock']} clock"
    console.print(f"[dim]by        {escape(made)}[/]", soft_wrap=True)
    colour = "green" if report["ok"] else "red"
    console.print(
        f"[{colour}]{escape(line(report['target']))}: {findings.conclusion(record)}[/]", soft_wrap=True
    )
