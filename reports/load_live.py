"""What a load run does while it goes on: a view that renews itself on a terminal, else lines now and then."""

from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 60
"""Seconds that curves show."""
OPENING = "opening: the target, the peers, and what the generator can do"
EVERY = 5
"""Seconds between two lines where nobody looks."""


class View:
    """Told each second what was seen; `with` it."""

    def __init__(self, console: Console, title: str, duration: float) -> None:
        self._console, self._title, self._duration = console, title, duration
        self._rates: deque[float] = deque(maxlen=WIDTH)
        self._latencies: deque[float] = deque(maxlen=WIDTH)
        self._doing = ""
        self._seen: Mapping[str, Any] | None = None
        self._next = 0
        self._live = Live(self._drawn(), console=console, transient=True, auto_refresh=False)

    def __enter__(self) -> "View":
        if self._console.is_terminal:
            self._live.start(refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def doing(self, what: str) -> None:
        """What is done now, of several runs."""
        self._doing, self._seen, self._next = what, None, 0
        if self._console.is_terminal:
            self._live.update(self._drawn(), refresh=True)
        else:
            self._console.print(escape(what), soft_wrap=True)

    def told(self, seen: Mapping[str, Any]) -> None:
        """What was seen in one more second."""
        self._seen = seen
        self._rates.append(seen["rate"])
        self._latencies.append(seen["second_ms"]["p99"])
        if self._console.is_terminal:
            self._live.update(self._drawn(), refresh=True)
        elif seen["second"] >= self._next:
            self._next = seen["second"] + EVERY
            self._console.print(escape(line(seen)), soft_wrap=True)

    def _drawn(self) -> Panel:
        seen = self._seen
        if seen is None:
            return Panel(Text(self._doing or OPENING), title=escape(self._title), title_align="left")
        second = min(float(seen["second"] + 1), self._duration)
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        table.add_row(
            "time",
            ProgressBar(total=self._duration, completed=second, width=40),
            _clock(seen, self._duration),
        )
        table.add_row("stories a second", curve(self._rates), f"{seen['rate']} now, {seen['done']} done")
        table.add_row("p99 ms", curve(self._latencies), f"{seen['second_ms']['p99']:.0f} now")
        latency = seen["latency_ms"]
        percentiles = "  ".join(
            f"{name} {latency[name]:.0f}" for name in ("p50", "p90", "p99", "p999", "max")
        )
        table.add_row("latency ms", percentiles, "since the run began")
        failed = f"[red]{seen['failed']}[/]" if seen["failed"] else "none"
        table.add_row("errors", failed, f"of {seen['begun']} begun")
        for reason, count in seen["errors"].items():
            table.add_row("", f"[red]{count} x[/] {escape(reason)}", "")
        table.add_row("ledger", f"{seen['entries']} entries", f"{seen['acknowledged']} acknowledged")
        used = seen["used"]
        colour = "red" if used > 0.9 else "yellow" if used > 0.7 else "green"
        table.add_row(
            "generator", f"[{colour}]{used:.0%}[/] of its core", f"{seen['requests']} requests a second"
        )
        body = Group(Text(self._doing), table) if self._doing else table
        return Panel(body, title=escape(self._title), title_align="left")


def curve(values: "deque[float]") -> str:
    """A line of bars, the highest of them as high as can be."""
    top = max(values, default=0.0) or 1.0
    return "".join(BARS[min(int(value / top * (len(BARS) - 1) + 0.5), len(BARS) - 1)] for value in values)


def _clock(seen: Mapping[str, Any], duration: float) -> str:
    over = seen["second"] + 1 - duration
    return f"{seen['second'] + 1} of {duration:g} s" if over <= 0 else "ending"


def line(seen: Mapping[str, Any]) -> str:
    """The same in one line."""
    latency = seen["latency_ms"]
    return (
        f"{seen['second'] + 1} s: {seen['rate']} stories a second, p50 {latency['p50']:.0f} ms, "
        f"p99 {latency['p99']:.0f} ms, {seen['failed']} failed, {seen['entries']} in the ledger, "
        f"{seen['acknowledged']} acknowledged, generator {seen['used']:.0%}"
    )
