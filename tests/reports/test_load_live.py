"""The view of a load run that goes on: drawn on a terminal, said in lines where there is none."""

import io

from rich.console import Console

from reports import load_live
from reports.load_live import View, curve


def seen(second, **rest):
    times = {"p50": 10.0, "p90": 20.0, "p99": 30.0, "p999": 40.0, "p9999": 40.0, "max": 41.0}
    known = {
        "second": second,
        "begun": 12,
        "done": 10,
        "failed": 2,
        "rate": 5,
        "requests": 50,
        "used": 0.25,
        "entries": 11,
        "acknowledged": 9,
        "errors": {"share read: [timeout]": 2},
        "latency_ms": times,
        "second_ms": times,
    }
    return {**known, **rest}


def console(*, terminal):
    return Console(file=io.StringIO(), force_terminal=terminal, width=100, height=30, color_system=None)


def test_a_terminal_shows_rate_latency_errors_and_the_ledger_as_they_are_now():
    """And how busy the generator is; reasons are shown as they are, brackets and all."""
    made = console(terminal=True)
    with View(made, "share, 5 a second", 10.0) as view:
        view.told(seen(0))
        view.told(seen(1, rate=3))
    last = made.file.getvalue().rpartition("╭")[2]

    for told in ("2 of 10 s", "3 now, 10 done", "p99 30", "30 now", "2 x share read: [timeout]"):
        assert told in last
    for told in ("11 entries", "9 acknowledged", "25% of its core", "50 requests a second", "█▅"):
        assert told in last


def test_where_nobody_looks_there_is_a_line_every_few_seconds():
    """Without anything that only a terminal understands."""
    made = console(terminal=False)
    with View(made, "share", 10.0) as view:
        for second in range(7):
            view.told(seen(second))
    lines = made.file.getvalue().splitlines()

    assert ["1 s", "6 s"] == [line.partition(":")[0] for line in lines]
    assert all("9 acknowledged" in line and "2 failed" in line for line in lines)
    assert "\x1b" not in made.file.getvalue()


def test_of_several_runs_it_says_which():
    """As a line, or above the figures."""
    quiet, shown = console(terminal=False), console(terminal=True)
    for made in (quiet, shown):
        with View(made, "share", 10.0) as view:
            view.doing("pair 1 of 5: the first")
            view.told(seen(0))

    assert "pair 1 of 5: the first" == quiet.file.getvalue().splitlines()[0]
    assert "pair 1 of 5: the first" in shown.file.getvalue()


def test_a_curve_has_its_highest_bar_where_the_highest_value_is():
    """Nothing at all is a line at the bottom."""
    assert "▁▅█" == curve([0, 5, 9])
    assert load_live.BARS[0] * 3 == curve([0, 0, 0])
