"""Where the reports of a check go: each form that was asked for, written from one record.

The plan is written first, when nothing has been sent: whatever ends a run, no file of an earlier one is left
to be taken for its outcome, and none looks green.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from meshsim import bundle
from meshsim.terminal import cannot_write, check_writable, write_json

FORMS = ("html", "junit", "markdown", "badge")
"""Modules of `reports/`, each with `render(record) -> str`."""

PANEL = "Reports"
"""Where --help shows them."""

Facts = Annotated[
    str | None,
    typer.Option(
        "--json",
        rich_help_panel=PANEL,
        metavar="FILE",
        help="Write the facts, for programs; - for standard output.",
    ),
]
Html = Annotated[
    str | None,
    typer.Option("--html", rich_help_panel=PANEL, metavar="FILE", help="Write one page for a browser."),
]
Junit = Annotated[
    str | None,
    typer.Option("--junit", rich_help_panel=PANEL, metavar="FILE", help="Write JUnit XML, for CI."),
]
Markdown = Annotated[
    str | None,
    typer.Option(
        "--markdown", rich_help_panel=PANEL, metavar="FILE", help="Write Markdown, for the summary of a job."
    ),
]
Badge = Annotated[
    str | None, typer.Option("--badge", rich_help_panel=PANEL, metavar="FILE", help="Write an SVG badge.")
]


def check_all(places: Mapping[str, str | None]) -> None:
    """Wrong use, told before anything runs."""
    for path in places.values():
        check_writable(path)


def clear(places: Mapping[str, str | None]) -> None:
    """Remove what an earlier run wrote there: one that never begins leaves nothing that looks like it."""
    for path in places.values():
        if path not in (None, "-") and Path(str(path)).is_file():
            Path(str(path)).unlink()


def write(record: Mapping[str, Any], places: Mapping[str, str | None], *, finished: bool = True) -> None:
    """Write every form that has a place: those of FORMS, `json`, and `bundle`."""
    for form, path in places.items():
        if path is None:
            continue
        if form == "json":
            if path != "-" or finished:
                write_json(path, record["verdicts"])
            continue
        try:
            if form == "bundle":
                bundle.load("conformance", "evidence").archive(path, record)
            else:
                Path(path).write_text(bundle.load("reports", form).render(record), encoding="utf-8")
        except OSError as error:
            cannot_write(path, error)
