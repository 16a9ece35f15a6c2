"""The result of a load run as text: the verdict first, then what it is made of."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

WRONGS = ("lost", "doubled", "altered", "leaked", "undead")


def render(result: Mapping[str, Any], console: Console) -> None:
    """Write it to a console."""
    if not result["begun"]:
        console.print(f"{escape(result['story'])}: no story was begun")
        _verdict(result, console)
        return
    ledger, generator = result["ledger"], result["generator"]
    console.print(
        f"{escape(result['story'])}: {result['done']} of {result['arrivals']} stories, "
        f"{result['rate']:g} a second, seed {result['seed']}"
    )
    table = Table("", "p50", "p90", "p99", "p99.9", "max", box=None)
    for name, key in (("latency ms", "latency_ms"), ("service ms", "service_ms")):
        found = result[key]
        figures = (found[one] for one in ("p50", "p90", "p99", "p999", "max"))
        table.add_row(name, *(f"{figure:.1f}" for figure in figures))
    for name, found in result["steps"].items():
        figures = (found[one] for one in ("p50", "p90", "p99", "p999", "max"))
        table.add_row(f"  {name}", *(f"{figure:.1f}" for figure in figures))
    console.print(table)
    wrong = ", ".join(f"{ledger[one]} {one}" for one in WRONGS)
    console.print(
        f"ledger: {ledger['acknowledged']} acknowledged; {wrong}; {ledger['unasked']} not looked for"
    )
    for found in ledger["findings"][:20]:
        console.print(f"  [red]{found['wrong']}[/] {escape(found['sentence'])}")
    for reason, count in result["errors"].items():
        console.print(f"  [red]{count} x[/] {escape(reason)}")
    for name, value in result.get("measured", {}).items():
        console.print(f"measured {escape(name)}: {value:g}")
    if not result["simulated"]:
        _generator(generator, console)
    for one in result["thresholds"]:
        mark = "[green]kept[/]" if one["ok"] else "[red]broken[/]"
        console.print(f"  {mark} {escape(one['name'])} {one['limit']:g}: {_told(one['value'])}")
    _verdict(result, console)


def _verdict(result: Mapping[str, Any], console: Console) -> None:
    for what in result["left_out"]:
        console.print(f"[yellow]left out:[/] {escape(what)}")
    for why in result["invalid"]:
        console.print(f"[red]not valid:[/] {escape(why)}")
    console.print("[green]ok[/]" if result["ok"] else "[red]not ok[/]")


def _generator(generator: Mapping[str, Any], console: Console) -> None:
    console.print(
        f"generator: {generator['used']:.0%} of its core, {generator['requests_per_second']:.0f} requests a "
        f"second of {generator['limit']:.0f}, {generator['lag_ms']['p99']:.1f} ms late (p99)"
    )


def _told(value: float | None) -> str:
    return "not measured" if value is None else f"{value:g}"
