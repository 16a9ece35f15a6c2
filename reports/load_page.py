"""A load run as one page: it needs no network and no script, and works on a phone and on paper."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from reports import curves, pages

_PAGES = pages.environment()
WRONGS = {
    "lost": "acknowledged, and not there or not to be read",
    "doubled": "there more than once",
    "altered": "other bytes than were written",
    "leaked": "in the hands of somebody whom nobody gave it",
    "undead": "taken back, and still there",
}
MOST_PEERS = 40


def render(result: Mapping[str, Any]) -> str:
    """The page."""
    seconds = result["seconds"]
    marks = [(one["second"], mark) for one in seconds for mark in one["marks"]]
    width = seconds[1]["second"] - seconds[0]["second"] if len(seconds) > 1 else 1
    return _PAGES.get_template("load.html").render(
        result=result,
        wrongs=WRONGS,
        marks=marks,
        clock=_clock,
        latency=_drawn(
            "Latency, ms",
            [("max", "max"), ("p99", "p99"), ("p50", "p50")],
            [one for one in seconds if one["done"] + one["failed"]],
            lambda one, name: one["latency_ms"][name],
            marks,
        ),
        throughput=_drawn(
            "Stories a second",
            [("begun", "begun"), ("done", "done"), ("failed", "failed")],
            seconds,
            lambda one, name: one[name] / width,
            marks,
        ),
        generator=_drawn(
            "Requests a second",
            [("requests", "made")],
            seconds,
            lambda one, name: one[name] / width,
            marks,
        ),
        traffic=_traffic(result.get("traffic", {}), marks),
        peers=sorted(result["peers"].items(), key=lambda item: (-item[1]["failed"], item[0]))[:MOST_PEERS],
        most=max((peer["done"] + peer["failed"] for peer in result["peers"].values()), default=1) or 1,
    )


def _drawn(
    title: str,
    names: Sequence[tuple[str, str]],
    seconds: Sequence[Mapping[str, Any]],
    value: Any,
    marks: Sequence[tuple[float, str]],
) -> Markup:
    series = {
        label: [(float(one["second"]), float(value(one, name))) for one in seconds] for name, label in names
    }
    return Markup(curves.drawn(title, series, marks))  # noqa: S704 - written by us, and escaped there


def _traffic(traffic: Mapping[str, Any], marks: Sequence[tuple[float, str]]) -> Markup:
    """The four kinds of requests that there were most of."""
    most = sorted(traffic, key=lambda kind: -sum(count for _, count in traffic[kind]))[:4]
    series = {kind: [(float(second), float(count)) for second, count in traffic[kind]] for kind in most}
    return Markup(curves.drawn("Requests a second", series, marks))  # noqa: S704 - as above


def _clock(seconds: float) -> str:
    if seconds < 600:
        return f"{seconds:g} s"
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours}:{rest // 60:02} h"
