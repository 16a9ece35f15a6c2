"""A conformance run on the terminal: what is broken on one screen, what to do about it, and honest counts."""

from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

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
LINES = 8
"""Lines of a finding with all its parts."""

BELOW = 10
"""Lines that come after the findings."""

LISTED = 12
"""Findings told in one line each, where no more fit."""

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
    """Print what `meshsim check` found."""
    if console.is_terminal:
        console.print()
    found = findings.findings(record)
    room = (console.height if console.is_terminal else HEIGHT) - BELOW
    whole = min(len(found), max(2, room // LINES))
    for number, finding in enumerate(found[:whole], 1):
        _finding(number, finding, record, console)
    rest = found[whole:]
    for number, finding in enumerate(rest[:LISTED], whole + 1):
        console.print(f"{number:3}. {_title(finding, record)}", soft_wrap=True)
    if len(rest) > LISTED:
        console.print(f"     and {len(rest) - LISTED} more", soft_wrap=True)
    if found:
        console.print()
    _counts(record, console)


def _finding(number: int, finding: Finding, record: Mapping[str, Any], console: Console) -> None:
    told = record["requirements"].get(finding.requirements[0], {})
    console.print(f"{number:3}. {_title(finding, record)}", soft_wrap=True)
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
        ("again", line(command)),
    ]
    for name, text in rows:
        if text:
            console.print(f"     [dim]{name:9}[/] {escape(text)}", soft_wrap=True)


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
        judged, tested, total = (
            report["coverage"][f"{word}_{part}"] for part in ("judged", "tested", "testable")
        )
        told = f"{judged} judged in this run, {tested} have a test, {total} can be tested from outside"
        console.print(f"{word.upper():9} {told}", soft_wrap=True)
    seed = "" if report["seed"] is None else f", seed {report['seed']}"
    made = f"{report['draft']}, meshsim {report['version']}{seed}, {report['clock']} clock"
    console.print(f"[dim]by        {escape(made)}[/]", soft_wrap=True)
    colour = "green" if report["ok"] else "red"
    console.print(
        f"[{colour}]{escape(line(report['target']))}: {findings.conclusion(record)}[/]", soft_wrap=True
    )
