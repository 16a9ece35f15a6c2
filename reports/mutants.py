"""The kill matrix on the terminal: which test caught which faulty site, citing what."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

MOST = 3
"""Killers that are named of each mutant."""


def line(row: Mapping[str, Any], console: Console) -> None:
    """One mutant, as soon as its fate is known."""
    colour = "green" if row["right_reason"] else "yellow" if row["killed"] else "red"
    fate = "killed" if row["right_reason"] else "killed for something else" if row["killed"] else "LIVES"
    console.print(f"[{colour}]{fate}[/] [bold]{row['slug']}[/] ({row['area']})", soft_wrap=True)
    right = sorted(row["killers"], key=lambda k: not set(k["requirements"]) & set(row["breaks"]))
    for killer in right[:MOST]:
        console.print(
            f"   {escape(killer['test'])} [dim]{', '.join(killer['requirements'])}[/]", soft_wrap=True
        )
    if len(right) > MOST:
        console.print(f"   and {len(right) - MOST} more")
    for crash in row["crashes"][:MOST]:
        told = f"crash in {crash['test']}: {crash['reason']}"
        console.print(f"   [red]{escape(told)}[/]", soft_wrap=True)


def render(report: Mapping[str, Any], console: Console) -> None:
    """What it comes to."""
    for alarm in report["alarms"]:
        told = f"{alarm['target']}: {alarm['requirement']} {alarm['verdict']} in {alarm['test']}"
        console.print(f"[red]false alarm[/] {escape(told)}", soft_wrap=True)
    rows = report["mutants"]
    missing = sum(not row.get("run", True) for row in rows)
    if missing:
        console.print(f"[red]the run did not finish: {missing} mutants were not tried[/]")
    right = sum(row["right_reason"] for row in rows)
    crashed = sum(bool(row["crashes"]) for row in rows)
    if crashed:
        console.print(f"[red]{crashed} mutants made a test or themselves crash: that proves nothing[/]")
    console.print(
        f"{right} of {len(rows)} mutants killed for what they do, {len(report['hidden'])} cannot be seen"
    )
