"""A row of the benchmark on the terminal, as it comes."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

VERDICTS = {True: "[green]met[/]", False: "[red]missed[/]", None: "[yellow]nothing to compare[/]"}


def line(row: Mapping[str, Any], console: Console) -> None:
    """One line: what, how much, against whom, and whether the goal is met; and one on what went wrong."""
    ours = "nothing of" if row["ours"] is None else f"{row['ours']:.4g}"
    peer = "" if row["peer"] is None else f", {row['peer']:.4g} by {row['peer_name']}"
    ratio = "" if row["ratio"] is None else f", ratio {row['ratio']:.3g}"
    text = f"{row['id']:24} {ours} {row['unit']}{peer}{ratio}; goal {row['goal']}: "
    console.print(escape(text) + VERDICTS[row["met"]], soft_wrap=True)
    if "note" in row:
        console.print(escape(f"{'':24} {row['note']}"), soft_wrap=True)
