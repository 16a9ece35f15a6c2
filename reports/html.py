"""A conformance run as one page: it needs no network, no script, and works on a phone and on paper."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from reports import findings, pages, plain

MOST = 12
"""Exchanges of a test that are shown; the bundle has all of them."""

_PAGES = pages.environment()
_PAGES.filters |= {
    "line": plain.line,
    "summary": lambda entry: plain.summary(entry, 240),
    "request": plain.request,
    "answer": plain.answer,
}


def render(record: Mapping[str, Any]) -> str:
    """The page."""
    started = record["manifest"]["started"]
    return _PAGES.get_template("check.html").render(
        report=record["verdicts"],
        requirements=record["requirements"],
        conclusion=findings.conclusion(record),
        started=None
        if started is None
        else datetime.fromtimestamp(started, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        findings=[(finding, *findings.hint(finding, record)) for finding in findings.findings(record)],
        areas=findings.areas(record),
        severities=findings.severities(record),
        about_severity=findings.SEVERITIES,
        about_verdict=findings.VERDICTS,
        chapters=_chapters(record),
        untested=_untested(record),
    )


def _chapters(record: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Each requirement of each area, with its verdicts; the exchanges of a test stand at its first."""
    entries = findings.exchanges(record)
    order = list(findings.VERDICTS)
    tests: dict[str, int] = {}
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for cell in record["verdicts"]["verdicts"]:
        rows = found.setdefault(findings.area(cell["requirement"]), {})
        row = rows.setdefault(cell["requirement"], {"id": cell["requirement"], "cells": [], "worst": cell})
        if order.index(cell["verdict"]) < order.index(row["worst"]["verdict"]):
            row["worst"] = cell
        there = [entries[number] for number in cell["exchanges"] if number in entries]
        new = cell["test"] not in tests
        number = tests.setdefault(cell["test"], len(tests) + 1)
        shown = there[-MOST:] if new else []
        row["cells"].append(
            {
                **cell,
                "number": number,
                "new": new,
                "shown": shown,
                "left": len(there) - len(shown) if new else 0,
            }
        )
    return {area: sorted(rows.values(), key=lambda row: row["id"]) for area, rows in found.items()}


def _untested(record: Mapping[str, Any]) -> dict[str, list[str]]:
    """Which requirements have no test, by the reason."""
    found: dict[str, list[str]] = {}
    for name, reason in record["untested"].items():
        found.setdefault(reason, []).append(name)
    return found
