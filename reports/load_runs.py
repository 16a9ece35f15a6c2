"""Several load runs as text: a capacity that was searched for, or two targets that were compared."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table


def render(found: Mapping[str, Any], console: Console) -> bool:
    """Write it to a console; whether something was found that can be relied on."""
    return _capacity(found, console) if "capacity" in found else _compared(found, console)


def _capacity(found: Mapping[str, Any], console: Console) -> bool:
    table = Table("stories a second", "", "p99 ms", "why", box=None)
    for run in found["runs"]:
        mark = "[green]kept[/]" if run["ok"] else "[red]broken[/]"
        table.add_row(f"{run['rate']:.1f}", mark, f"{run['p99_ms']:.0f}", escape("; ".join(run["why"])))
    console.print(table)
    console.print(
        f"capacity: {found['capacity']:.1f} stories a second, kept in {found['steady']} of {found['of']} "
        f"runs again; spread {found['spread'][0]:.1f} to {found['spread'][1]:.1f}: every run up to the one "
        "was kept, none from the other on"
    )
    if found["limited_by_generator"]:
        console.print("[red]the generator was the bottleneck in some runs:[/] more may be there")
    return bool(found["capacity"]) and found["steady"] == found["of"] and not found["limited_by_generator"]


def _compared(found: Mapping[str, Any], console: Console) -> bool:
    console.print(f"{escape(found['second'])}, beside {escape(found['first'])}:")
    for name, one in found["service_ms"].items():
        if one["ratio"] is None:
            console.print(f"  service {name}: nothing was measured")
            continue
        console.print(
            f"  service {name}: [bold]{one['verdict']}[/]; {one['ratio']:.3f} of the other's, "
            f"95 % interval {one['low']:.3f} to {one['high']:.3f}, {one['pairs']} pairs"
        )
    for why in found["invalid"]:
        console.print(f"[red]not valid:[/] {escape(why)}")
    if found["ledgers_wrong"]:
        console.print(f"[red]{found['ledgers_wrong']} runs have something wrong in the ledger[/]")
    return found["valid"] and not found["ledgers_wrong"]
