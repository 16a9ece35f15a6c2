"""What a record of a check has to hold, so that reports can rely on it: a bundle may come from anybody."""

from typing import Any, Literal

import msgspec

Severity = Literal["breaks", "degrades", "harmless"]
Word = Literal[
    *(
        "passed",
        "failed",
        "warning",
        "informational",
        "unsupported",
        "blocked",
        "inconclusive",
        "known",
        "error",
    )
]


class Cell(msgspec.Struct):
    """A verdict."""

    requirement: str
    test: str
    verdict: Word
    level: str
    severity: Severity
    reason: str
    exchanges: list[int]


class Coverage(msgspec.Struct):
    """Denominators."""

    must_testable: int
    must_tested: int
    must_applicable: int
    must_judged: int
    should_testable: int
    should_tested: int
    should_applicable: int
    should_judged: int


class Report(msgspec.Struct):
    """What `check --json` writes."""

    target: str
    ok: bool
    finished: bool
    version: str
    draft: str
    seed: int | None
    clock: str
    verdicts: list[Cell]
    counts: dict[Word, int]
    coverage: Coverage


class Field(msgspec.Struct):
    """A header field."""

    name: str
    value: str


class Content(msgspec.Struct):
    """A body; what is no text has only a comment."""

    text: str = ""
    comment: str = ""
    mimeType: str = ""


class Asked(msgspec.Struct, rename={"post": "postData"}):
    """A request."""

    method: str
    url: str
    headers: list[Field]
    post: Content = msgspec.field(default_factory=Content)


class Told(msgspec.Struct):
    """An answer; its status is 0 if there was none."""

    status: int
    headers: list[Field]
    content: Content


class Entry(
    msgspec.Struct,
    rename={
        **{"number": "_number", "source": "_from", "target": "_to", "by_site": "_by_site", "test": "_test"},
        **{"facts": "_facts", "error": "_error"},
    },
):
    """An exchange."""

    number: int
    source: str
    target: str
    by_site: bool
    test: str
    facts: dict[str, Any]
    error: str
    startedDateTime: str
    time: float
    request: Asked
    response: Told


class Log(msgspec.Struct):
    """All exchanges."""

    entries: list[Entry]


class Archive(msgspec.Struct):
    """HAR."""

    log: Log


class Text(msgspec.Struct):
    """What a requirement says."""

    text: str
    level: str
    severity: Severity
    section: str
    how: str


class Manifest(msgspec.Struct):
    """What was run."""

    format: int
    target: str
    started: float | None
    api: tuple[int, int] = (1, 5)


class Record(msgspec.Struct):
    """All of it."""

    manifest: Manifest
    verdicts: Report
    requirements: dict[str, Text]
    untested: dict[str, str]
    causes: dict[str, list[str]]
    exchanges: Archive
    steps: dict[str, Any]


def check(found: dict[str, Any]) -> None:
    """ValueError names the first member that is missing or wrong."""
    record = msgspec.convert(found, Record)
    unknown = {cell.requirement for cell in record.verdicts.verdicts} - record.requirements.keys()
    if unknown:
        raise ValueError(f"requirements.json has no {min(unknown)}")


def check_report(found: Any) -> dict[str, Any]:
    """The same for a report alone, which is given back."""
    msgspec.convert(found, Report)
    return dict(found)
