"""A conformance run on the terminal: what failed on one screen, and honest counts."""

from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

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
SHOWN = ("failed", "error", "blocked", "warning", "known")
MOST = 30
"""Findings that fit a screen; --json has them all."""


def progress(console: Console) -> Callable[[Any], None]:
    """Says a sign for each verdict; silent where nobody watches."""

    def note(cell: Any) -> None:
        if console.is_terminal:
            colour = COLOURS[cell.verdict]
            console.print(f"[{colour}]{SIGNS.get(cell.verdict, '-')}[/]", end="")

    return note


def render(report: Mapping[str, Any], texts: Mapping[str, Mapping[str, str]], console: Console) -> None:
    """Print what `meshsim check` found; `texts` says what each requirement is."""
    if console.is_terminal:
        console.print()
    findings = [v for kind in SHOWN for v in report["verdicts"] if v["verdict"] == kind]
    roots: set[str] = set()
    shown = 0
    for verdict in findings:
        # What one broken prerequisite blocks is told once.
        if verdict["verdict"] == "blocked":
            if verdict["reason"] in roots:
                continue
            roots.add(verdict["reason"])
        if shown == MOST:
            console.print(f"and {len(findings) - MOST} more; --json has them all")
            break
        shown += 1
        _finding(verdict, texts.get(verdict["requirement"], {}), console)
    table = Table("verdict", "count", title="verdicts", title_justify="left")
    for name, count in report["counts"].items():
        if count:
            table.add_row(f"[{COLOURS[name]}]{name}[/]", str(count))
    console.print(table)
    cover = report["coverage"]
    for word in ("must", "should"):
        judged, tested, total = (cover[f"{word}_{part}"] for part in ("judged", "tested", "testable"))
        console.print(
            f"{word.upper()}: {judged} judged here, {tested} have a test, {total} can be tested at all"
        )
    colour, verb = ("green", "meets") if report["ok"] else ("red", "does not meet")
    console.print(f"[{colour}]{escape(report['target'])} {verb} what was judged[/]", soft_wrap=True)


def _finding(verdict: Mapping[str, Any], text: Mapping[str, str], console: Console) -> None:
    colour = COLOURS[verdict["verdict"]]
    head = f"{verdict['level']}, {verdict['severity']}, section {text.get('section', '')}"
    console.print(
        f"[{colour}]{verdict['verdict']}[/] [bold]{verdict['requirement']}[/] ({head})", soft_wrap=True
    )
    console.print(f"   {escape(text.get('text', ''))}", soft_wrap=True)
    console.print(f"   [dim]expected:[/] {escape(text.get('how', ''))}", soft_wrap=True)
    console.print(f"   [dim]actual:[/]   {escape(verdict['reason'])}", soft_wrap=True)
    console.print(f"   [dim]{escape(verdict['test'])}[/]", soft_wrap=True)


def explain(name: str, text: Mapping[str, str], facts: Mapping[str, Any], console: Console) -> None:
    """Print what is known of one requirement."""
    console.print(f"[bold]{name}[/] {text['level']} {escape(text['section'])}", soft_wrap=True)
    console.print(escape(text["text"]), soft_wrap=True)
    console.print(f"how: {escape(text['how'])}", soft_wrap=True)
    for word in ("tests", "mutants"):
        for entry in facts[word]:
            console.print(f"{word[:-1]}: {escape(entry)}", soft_wrap=True)
    if facts["untested"]:
        console.print(f"not tested: {escape(facts['untested'])}", soft_wrap=True)
