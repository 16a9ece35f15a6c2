"""What came of judging one requirement by one test, and the count of it all."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from conformance import catalogue

VERDICTS = (
    *("passed", "failed", "warning", "informational", "unsupported", "blocked", "inconclusive", "known"),
    "error",
)
JUDGED = ("passed", "failed", "warning", "known")
BAD = ("failed", "blocked", "error")
"""With one of these a run is not well."""

NOT_RUN = "planned and not run"
UNEXPECTED = "passed unexpectedly"
TLS = frozenset(
    {
        *("OCM-DISC-003", "OCM-DISC-042", "OCM-DISC-057", "OCM-INV-018", "OCM-NOTIF-003", "OCM-SHARE-004"),
        *("OCM-TOK-040", "OCM-TOK-043"),
    }
)
"""What nobody can meet who is tried out over plain http, in a network of their own."""
PLAIN = "tried out over plain http in a private network; examine the site over https"


class Verdict(msgspec.Struct):
    """One cell of the plan. `exchanges` are the numbers of those it was judged by."""

    requirement: str
    test: str
    verdict: str = "error"
    level: str = ""
    severity: str = ""
    reason: str = NOT_RUN
    exchanges: tuple[int, ...] = ()


class Expectation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A failure or warning that is known, in `expectations/NAME.yaml`; it is forgiven until it expires."""

    requirement: str
    reason: str
    link: str
    expires: date
    test: str = ""
    """Part of the test's name, where other tests of the same requirement are no matter of it."""
    where: Mapping[str, tuple[str, ...]] = {}
    """Options of a simulated site and the values with which it does so; every one of them has to be given."""

    def holds(self, options: Mapping[str, str]) -> bool:
        """Whether a site with these options is meant."""
        return all(options.get(name) in values for name, values in self.where.items())

    def about(self, verdict: Verdict) -> bool:
        """Whether it is that cell of the plan."""
        return verdict.requirement == self.requirement and self.test in verdict.test


def expectations(name: str, options: Mapping[str, str] = {}) -> tuple[Expectation, ...]:
    """What a file of expectations says of a site with these options; ValueError as below."""
    return tuple(entry for entry in entries(name) if entry.holds(options))


def entries(name: str) -> tuple[Expectation, ...]:
    """All that is in it; ValueError if there is no such file, or no such requirement."""
    path = Path(__file__).parent / "expectations" / f"{name}.yaml"
    if not path.is_file():
        there = sorted(p.stem for p in path.parent.glob("*.yaml"))
        raise ValueError(f"no expectations {name!r}; there are: {', '.join(there) or 'none'}")
    found = msgspec.yaml.decode(path.read_bytes(), type=tuple[Expectation, ...])
    for entry in found:
        if entry.requirement not in catalogue.known():
            raise ValueError(f"expectations/{name}.yaml: no requirement {entry.requirement}")
    return found


def planned(requirement: str, test: str) -> Verdict:
    """A cell before its test ran: red."""
    level, severity = catalogue.level(requirement), catalogue.severity(requirement)
    return Verdict(requirement, test, level=level, severity=severity)


def decide(level: str, outcome: str, *, binding: bool) -> str:
    """The verdict that an outcome means for a requirement of that level.

    `outcome` is passed, failed, or a verdict that says itself. What does not bind the site, because it claims
    an older or a newer API, is only told.
    """
    if outcome == "blocked" and not binding:
        return "unsupported"
    if outcome == "failed":
        if not binding:
            return "informational"
        return (
            "failed"
            if level in catalogue.BINDING
            else "warning"
            if level in catalogue.ADVISED
            else "informational"
        )
    if outcome == "passed" and level not in (*catalogue.BINDING, *catalogue.ADVISED):
        return "informational"
    return outcome


def expected(verdict: Verdict, known: Iterable[Expectation], today: date) -> None:
    """Forgive a failure that is known; tell of one that is known and did not come."""
    entry = next((entry for entry in known if entry.about(verdict)), None)
    if entry is None:
        return
    told = f"{entry.reason} ({entry.link}, until {entry.expires})"
    bad = verdict.verdict in ("failed", "warning")
    if bad and today <= entry.expires:
        verdict.verdict, verdict.reason = "known", f"{told}: {verdict.reason}"
    elif bad:
        verdict.reason = f"no longer forgiven since {entry.expires}: {verdict.reason}"
    elif verdict.verdict == "passed":
        verdict.reason = f"{UNEXPECTED}; take it out of the expectations: {entry.reason}"


def report(target: str, verdicts: Iterable[Verdict], **more: Any) -> dict[str, Any]:
    """The facts of a run, as `reports/schemas/check.json` has them."""
    cells = list(verdicts)
    counts = Counter(cell.verdict for cell in cells)
    finished = bool(cells) and not any(cell.reason == NOT_RUN for cell in cells)
    return {
        "target": target,
        "ok": finished and well(counts),
        "finished": finished,
        **more,
        "verdicts": [{**msgspec.structs.asdict(cell), "exchanges": list(cell.exchanges)} for cell in cells],
        "counts": {verdict: counts[verdict] for verdict in VERDICTS},
        "coverage": coverage(cells),
    }


def well(counts: Mapping[str, int]) -> bool:
    """Whether something was judged, and nothing was bad: to have seen nothing is no pass."""
    return any(counts.get(v, 0) for v in JUDGED) and not any(counts.get(v, 0) for v in BAD)


def coverage(cells: Iterable[Verdict]) -> dict[str, int]:
    """Of the requirements that can be tested: how many have a test here, apply, and were judged."""
    tested: set[str] = set()
    applicable: set[str] = set()
    judged: set[str] = set()
    for cell in cells:
        tested.add(cell.requirement)
        if cell.verdict != "unsupported":
            applicable.add(cell.requirement)
        if cell.verdict in JUDGED:
            judged.add(cell.requirement)
    found: dict[str, int] = {}
    for word, levels in (("must", catalogue.BINDING), ("should", catalogue.ADVISED)):
        ids = {r.id for r in catalogue.requirements().values() if r.testable and r.level in levels}
        found[f"{word}_testable"] = len(ids)
        found[f"{word}_tested"] = len(ids & tested)
        found[f"{word}_applicable"] = len(ids & applicable)
        found[f"{word}_judged"] = len(ids & judged)
    return found
