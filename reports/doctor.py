"""What the doctor found, on the terminal: a line for each check, and what to do where it is not well."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

from reports.plain import line

SIGNS = {"ok": "[green]✓[/]", "doubtful": "[yellow]![/]", "broken": "[red]✗[/]", "skipped": "[dim]·[/]"}
COLOURS = {"ok": "green", "doubtful": "yellow", "broken": "red", "skipped": "dim"}


def entry(found: Mapping[str, Any], console: Console) -> None:
    """One check, as soon as it is done."""
    told = escape(line(found["told"], 300))
    state = found["state"]
    dim = state == "skipped"
    text = f"[dim]not looked at: {told}[/]" if dim else told
    console.print(f" {SIGNS[state]} [bold]{found['check']:20}[/] {text}", soft_wrap=True)
    if found["advice"] and not dim:
        console.print(
            f"   {'':20} [{COLOURS[state]}]→[/] {escape(line(found['advice'], 400))}", soft_wrap=True
        )


def render(report: Mapping[str, Any], console: Console) -> None:
    """What it comes to, and what to do next."""
    counts = report["counts"]
    sums = ", ".join(f"[{COLOURS[state]}]{count} {state}[/]" for state, count in counts.items() if count)
    console.print(f"\n{escape(line(report['url']))}: {sums}", soft_wrap=True)
    bad = [found for found in report["checks"] if found["state"] == "broken"]
    if bad:
        console.print(
            f"[red]begin with {bad[0]['check']}[/]: what comes after it may follow from it", soft_wrap=True
        )
    elif report["ok"]:
        url = escape(line(report["url"]))
        console.print(f"[green]ready to be examined[/]: meshsim check {url}", soft_wrap=True)
    else:
        console.print("[red]nothing could be looked at[/]", soft_wrap=True)
