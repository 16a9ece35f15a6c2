"""What a conformance run comes to: findings, the worst first, and the counts of areas.

A record is what a bundle holds (`manifest`, `verdicts`, `requirements`, `untested`, `causes`, `exchanges`);
every form of report is a function of it.
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

Cell = Mapping[str, Any]

VERDICTS = {
    "failed": "a MUST that is broken",
    "error": "our own fault, or never run: nothing can be said",
    "blocked": "something that must work first does not",
    "warning": "a SHOULD that is not followed",
    "known": "a failure that is expected, with a reason",
    "passed": "judged, and as it should be",
    "informational": "which of several ways the site goes",
    "unsupported": "not offered by the site, or not possible here",
    "inconclusive": "no message was seen that it could be judged by",
}
"""The worst first."""

SEVERITIES = {
    "breaks": "peers cannot do what they try",
    "degrades": "it works, but less of it or less safely",
    "harmless": "nobody notices",
}
PARTS = ("judged", "applicable", "tested", "testable")
"""Of the requirements of a level: the denominators, each within the next."""

NOT_RUN = "planned and not run"
"""The reason of a verdict that is missing."""

OPEN = ("failed", "error", "blocked", "warning", "known")
"""What somebody has to look at; and a pass that nobody expected."""

UNEXPECTED = "passed unexpectedly"
"""How the reason of such a pass begins."""

AREAS = {
    "ROLE": "Roles",
    "ADDR": "Addresses",
    "DISC": "Discovery",
    "INV": "Invites",
    "SHARE": "Shares",
    "NOTIF": "Notifications",
    "ACC": "Access to files",
    "TOK": "Tokens",
    "SIG": "Signatures",
    "SEC": "Security",
    "MFA": "Second factor",
    "DIR": "Directories",
    "CONT": "Contacts",
    "TRUST": "Trust",
    "FLOW": "General flow",
    "IANA": "Registrations",
    "OBJ": "Object models",
    "LEG": "Older versions",
    "AMB": "Unclear places of the draft",
    "FIELD": "Seen in the field",
    "DAV": "WebDAV",
    "HTTP": "HTTP",
    "JWA": "Keys and algorithms",
}


@dataclass
class Finding:
    """One thing to look at: cells that ended alike, by the same message and for the same reason."""

    verdict: str
    reason: str
    cells: list[Cell] = field(default_factory=list)
    message: Mapping[str, Any] | None = None
    """The exchange that shows it, as a HAR entry."""

    @property
    def first(self) -> Cell:
        """The cell that took least to judge: it is nearest to the root."""
        return min(self.cells, key=lambda cell: (len(cell["exchanges"]), cell["order"]))

    @property
    def requirements(self) -> list[str]:
        """What is broken, the nearest to the root first."""
        return list(dict.fromkeys(cell["requirement"] for cell in (self.first, *self.cells)))

    @property
    def severity(self) -> str:
        """The worst of them."""
        return min((str(cell["severity"]) for cell in self.cells), key=list(SEVERITIES).index)


def findings(record: Mapping[str, Any]) -> list[Finding]:
    """Of all that somebody has to look at, the worst first."""
    entries = exchanges(record)
    found: dict[Any, Finding] = {}
    for cell in record["verdicts"]["verdicts"]:
        if cell["verdict"] not in OPEN and not cell["reason"].startswith(UNEXPECTED):
            continue
        message = telling(cell, entries)
        # What is blocked has a root, whatever was asked in vain.
        place = "" if message is None or cell["verdict"] in ("blocked", "error") else _place(message)
        key = (cell["verdict"], cell["reason"], place)
        finding = found.setdefault(key, Finding(cell["verdict"], cell["reason"], message=message))
        how = record["requirements"].get(cell["requirement"], {}).get("how", "")
        finding.cells.append({**cell, "order": len(how)})
    return sorted(found.values(), key=_rank)


def exchanges(record: Mapping[str, Any]) -> dict[int, Mapping[str, Any]]:
    """The HAR entries by their numbers."""
    return {entry["_number"]: entry for entry in record["exchanges"]["log"]["entries"]}


def telling(cell: Cell, entries: Mapping[int, Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Of the exchanges it was judged by, the one to show: the last that was no look at documents or keys."""
    there = [entries[number] for number in cell["exchanges"] if number in entries]
    # The oracle names the very messages; the first is as good as any.
    if "test_oracle.py" in cell["test"]:
        return there[0] if there else None
    acts = [entry for entry in there if not _looks(entry)] or [e for e in there if not e["_by_site"]] or there
    return acts[-1] if acts else None


def areas(record: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """How often each verdict came in each area."""
    found: dict[str, dict[str, int]] = {}
    for cell in record["verdicts"]["verdicts"]:
        counts = found.setdefault(area(cell["requirement"]), dict.fromkeys(VERDICTS, 0))
        counts[cell["verdict"]] += 1
    return found


def severities(record: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """How often each verdict came for requirements of each severity."""
    found = {name: dict.fromkeys(VERDICTS, 0) for name in SEVERITIES}
    for cell in record["verdicts"]["verdicts"]:
        found[cell["severity"]][cell["verdict"]] += 1
    return found


def area(requirement: str) -> str:
    """The area of a requirement, by its id."""
    code = requirement.split("-")[1] if requirement.count("-") > 1 else requirement
    return AREAS.get(code, code)


def hint(finding: Finding, record: Mapping[str, Any]) -> tuple[str, str]:
    """What to do next about a finding, and a command that looks closer; either may be empty."""
    cell, report = finding.first, record["verdicts"]
    if finding.verdict == "error":
        if cell["reason"] == NOT_RUN:
            return "the run ended before this: run it again, to its end", ""
        return "this is a fault of the suite: please report it with the bundle of this run (--bundle)", ""
    if finding.verdict == "blocked":
        return "repair this first; what waits for it can be judged then", ""
    if finding.verdict == "passed":
        return "what was known to fail does not fail any more: take it out of the expectations", ""
    if finding.verdict == "known":
        return "it is expected until it expires; nothing has to be done now", ""
    causes = [c for name in finding.requirements for c in record["causes"].get(name, ())]
    advice = f"a site that was seen to break it: {causes[0]}" if causes else ""
    word = cell["test"].partition("::")[2].partition("[")[0]
    if word == "test_every_message_of_the_site":
        return advice, f"meshsim explain {cell['requirement']}"
    # A real site needs what it was given before: a peer, a driver, users.
    more = " (and the other options of this run)" if report["clock"] == "real" else ""
    return advice, f"meshsim check {shlex.quote(report['target'])} --only {word}{more}"


def conclusion(record: Mapping[str, Any]) -> str:
    """One sentence of what it comes to."""
    report = record["verdicts"]
    counts = report["counts"]
    if not report["finished"]:
        left = sum(cell["verdict"] == "error" for cell in report["verdicts"])
        return f"The run did not finish: {left} of {len(report['verdicts'])} verdicts are missing"
    musts = len({c["requirement"] for c in report["verdicts"] if c["verdict"] == "failed"})
    if counts["failed"]:
        return f"{musts} requirement{'s' * (musts != 1)} broken"
    if counts["blocked"] or counts["error"]:
        return "Nothing is known to be broken, but not all could be judged"
    return "No requirement that was judged is broken" if report["ok"] else "Nothing was judged"


def _looks(entry: Mapping[str, Any]) -> bool:
    asked = entry["request"]
    return asked["method"] == "GET" and all(h["name"] != "authorization" for h in asked["headers"])


def _place(entry: Mapping[str, Any]) -> tuple[str, str]:
    return entry["request"]["method"], urlsplit(entry["request"]["url"]).path


def _rank(finding: Finding) -> tuple[int, int, int]:
    verdict, severity = list(VERDICTS).index(finding.verdict), list(SEVERITIES).index(finding.severity)
    return verdict, severity, -len(finding.cells)
