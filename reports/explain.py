"""What is known of one requirement, on the terminal."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape

from reports.check import COLOURS
from reports.plain import answer, line, request

MOST = 4
"""Exchanges that are shown in full; a bundle has all."""


def render(facts: Mapping[str, Any], console: Console) -> None:
    """Print it."""

    def say(text: str) -> None:
        console.print(text, soft_wrap=True)

    head = ", ".join(filter(None, (facts["level"], facts["severity"], facts["section"])))
    say(f"[bold]{facts['requirement']}[/] {escape(head)}")
    say(f"  {escape(facts['text'])}")
    say(f"  [dim]expected:[/] {escape(facts['how'])}")
    if facts["untested"]:
        say(f"[bold]not tested[/], because: {escape(facts['untested'])}")
    if facts["tests"]:
        say("[bold]judged by[/]")
    for test in facts["tests"]:
        say(f"  {escape(test['test'])}  [dim]{escape(line(test['says'], 120))}[/]")
    if facts["mutants"]:
        say("[bold]broken by the faulty sites[/]")
    for mutant in facts["mutants"]:
        say(f"  {mutant['slug']}  [dim]{escape(line(mutant['story'], 120))}[/]{_fate(mutant)}")
    if any(mutant["killers"] is None for mutant in facts["mutants"]):
        say("  [dim]which test catches them: meshsim mutants --only SLUG[/]")
    elif facts["mutants"]:
        say("  [dim]try one: meshsim check mutant:SLUG[/]")
    _evidence(facts, say)


def _fate(mutant: Mapping[str, Any]) -> str:
    if mutant["killers"] is None:
        return ""
    if not mutant["killers"]:
        return " [dim](caught by another of its requirements)[/]"
    return f"\n    [green]killed by[/] {escape(', '.join(mutant['killers'][:3]))}"


def _evidence(facts: Mapping[str, Any], say: Any) -> None:
    seen = facts["evidence"]
    if seen is None:
        if facts["tests"]:
            say("[bold]no evidence yet[/]: run `meshsim check TARGET`, or name a bundle with --bundle")
        return
    when = (
        ""
        if seen["started"] is None
        else datetime.fromtimestamp(seen["started"], UTC).strftime(" of %F %R UTC")
    )
    say(f"[bold]last evidence[/]: {escape(line(seen['target']))}{when}")
    for cell in seen["verdicts"]:
        reason = f": {escape(line(cell['reason']))}" if cell["reason"] else ""
        say(f"  [{COLOURS[cell['verdict']]}]{cell['verdict']}[/] in {escape(cell['test'])}{reason}")
    shown = seen["exchanges"][-MOST:]
    if len(seen["exchanges"]) > MOST:
        say(f"  [dim]the last {MOST} of {len(seen['exchanges'])} exchanges[/]")
    for entry in shown:
        who = "the site asks" if entry["_by_site"] else "the suite asks"
        say(f"  [dim]{who}[/]")
        for sign, text in ((">", request(entry)), ("<", answer(entry))):
            for part in text.splitlines():
                say(f"  [dim]{sign}[/] {escape(part)}")
