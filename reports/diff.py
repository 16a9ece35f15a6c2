"""Two checks compared, on the terminal: what got worse first."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

from reports.check import COLOURS
from reports.plain import line

KINDS = {
    "worse": "got worse",
    "better": "got better",
    "changed": "changed: judged in one of them only",
    "new": "new: had no test before",
    "gone": "gone: has no test any more",
}
MOST = {"worse": 40, "better": 20, "changed": 10, "new": 10, "gone": 10}
"""Rows that are shown of each."""


def render(diff: Mapping[str, Any], console: Console) -> None:
    """Print it."""
    for kind, title in KINDS.items():
        rows = sorted(diff[kind], key=lambda row: ("breaks", "degrades", "harmless").index(row["severity"]))
        if not rows:
            continue
        console.print(f"[bold]{title}[/] ({len(rows)})")
        for row in rows[: MOST[kind]]:
            _row(row, console)
        if len(rows) > MOST[kind]:
            console.print(f"  and {len(rows) - MOST[kind]} more; --json has them all")
    one, other = diff["from"], diff["to"]
    if one["draft"] != other["draft"] or one["version"] != other["version"]:
        told = ", then ".join(f"{run['draft']} by meshsim {run['version']}" for run in (one, other))
        console.print(f"[yellow]not judged alike:[/] {escape(told)}", soft_wrap=True)
    if not other["finished"]:
        console.print("[red]the second run did not finish[/]")
    colour, word = ("green", "nothing got worse") if diff["ok"] else ("red", "it got worse")
    sums = ", ".join(f"{len(diff[kind])} {kind}" for kind in KINDS if diff[kind]) or "no difference"
    names = f"{line(one['target'])} → {line(other['target'])}"
    console.print(f"[{colour}]{word}[/]: {escape(names)}: {sums}", soft_wrap=True)


def _row(row: Mapping[str, Any], console: Console) -> None:
    states = " → ".join(f"[{COLOURS[v]}]{v}[/]" if v else "—" for v in (row["before"], row["after"]))
    reason = f": {escape(line(row['reason'], 160))}" if row["reason"] else ""
    head = f"  {states} [bold]{row['requirement']}[/] {row['level']}, {row['severity']}"
    console.print(f"{head} [dim]{escape(row['test'])}[/]{reason}", soft_wrap=True)
