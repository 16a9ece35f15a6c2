"""A run on the terminal: flows by kind, pairs of sites, invariants, and all that went wrong."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from reports import tables

MOST_SITES = 12
"""Sites in the matrix; more do not fit a screen."""

MOST_FAILURES = 20

LEAST_ROWS = 12
"""Flows below each other before others come beside them."""

LEAST_WIDTH = 14
"""Characters that a flow takes beside its name: its count, of "well" at least, and the lines between."""


def render(run: Mapping[str, Any], console: Console) -> None:
    """Print what `meshsim run` found; `run` is what its JSON holds."""
    _flows(run["flows"], console)
    _pairs(run["flows"], console)
    _invariants(run["invariants"], console)
    tables.render(run.get("tables", ()), console)
    failed = [flow for flow in run["flows"] if not flow["ok"]]
    for flow in failed[:MOST_FAILURES]:
        where = f"{flow['source']} → {flow['target']}"
        what = f"{flow['name']} {where}: {flow['reason']}"
        console.print(f"[red]✗[/] {escape(what)}", soft_wrap=True)
    if len(failed) > MOST_FAILURES:
        console.print(f"  and {len(failed) - MOST_FAILURES} more; --json has them all")
    colour, word = ("green", "all is well") if run["ok"] else ("red", "something went wrong")
    console.print(
        f"[{colour}]{word}[/]: {run['scenario']}, seed {run['seed']}, {len(run['sites'])} sites, "
        f"{len(run['flows'])} flows, {run['exchanges']} exchanges, digest {run['digest'][:16]}",
        soft_wrap=True,
    )


def _flows(flows: Sequence[Mapping[str, Any]], console: Console) -> None:
    tried = Counter(flow["name"] for flow in flows)
    well = Counter(flow["name"] for flow in flows if flow["ok"])
    rows = [(escape(name), _count(well[name], count)) for name, count in tried.items()]
    # As many beside each other as fit, to be read downwards, so that all of them are on the screen.
    width = max((len(name) for name in tried), default=0) + LEAST_WIDTH
    beside = max(1, min(console.width // width, -(-len(rows) // LEAST_ROWS)))
    height = -(-len(rows) // beside)
    table = Table(*(["flow", "well"] * beside), title="flows: how many went well", title_justify="left")
    for number in range(height):
        table.add_row(*(cell for row in rows[number::height] for cell in row))
    console.print(table)


def _pairs(flows: Sequence[Mapping[str, Any]], console: Console) -> None:
    tried = Counter((flow["source"], flow["target"]) for flow in flows if flow["source"] and flow["target"])
    well = Counter((flow["source"], flow["target"]) for flow in flows if flow["ok"])
    sources, targets = (list(dict.fromkeys(pair[side] for pair in tried)) for side in (0, 1))
    numbers = {host: str(n) for n, host in enumerate(dict.fromkeys(sources + targets), 1)}
    targets.sort(key=lambda host: int(numbers[host]))
    if not tried or len(numbers) > MOST_SITES:
        return
    # Columns have numbers, which the rows explain: names of many sites would not fit beside each other.
    title = "pairs: flows that went well"
    table = Table("", "from ↓ to →", *(numbers[host] for host in targets), title=title, title_justify="left")
    for host in numbers:
        cells = []
        for target in targets:
            count, good = tried[host, target], well[host, target]
            cells.append(_count(good, count) if count else "·")
        table.add_row(numbers[host], escape(host.partition(".")[0]), *cells)
    console.print(table)


def _count(good: int, tried: int) -> str:
    return f"[green]{good}[/]" if good == tried else f"[red]{good}/{tried}[/]"


def _invariants(invariants: Sequence[Mapping[str, Any]], console: Console) -> None:
    table = Table("invariant", "checked", "", title="invariants", title_justify="left")
    for found in invariants:
        verdict = "[green]holds[/]" if found["ok"] else f"[red]broken[/] {escape(found['reason'])}"
        table.add_row(
            found["name"], str(found["checked"]), verdict if found["checked"] else "nothing to check"
        )
    console.print(table)
