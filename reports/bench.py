"""A row of the benchmark on the terminal, as it comes."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape


def line(row: Mapping[str, Any], console: Console) -> None:
    """One line: what, how much, against whom, and whether the goal is met."""
    peer = "" if row["peer"] is None else f", {row['peer']:.4g} by {row['peer_name']}"
    ratio = "" if row["ratio"] is None else f", ratio {row['ratio']:.3g}"
    verdict = "[green]met[/]" if row["met"] else "[red]missed[/]"
    text = f"{row['id']:24} {row['ours']:.4g} {row['unit']}{peer}{ratio}; goal {row['goal']}: "
    console.print(escape(text) + verdict, soft_wrap=True)
