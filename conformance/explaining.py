"""All that is known of one requirement: what it says, who judges it, who breaks it, what was seen last."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from conformance import catalogue, check, mutants, targets


class Unknown(ValueError):
    """No such requirement; says which are near."""


def find(text: str) -> str:
    """The id that is meant; Unknown."""
    name = text.strip().upper()
    name = name if name.startswith("OCM-") else f"OCM-{name}"
    known = sorted(catalogue.known())
    if name in known:
        return name
    area = name.rpartition("-")[0]
    near = difflib.get_close_matches(name, known, 6) or [i for i in known if i.startswith(area)][:6]
    areas = sorted({i.rpartition("-")[0] for i in known})
    told = f"near it: {', '.join(near)}; " if near else ""
    raise Unknown(f"no requirement {text!r}; {told}areas: {', '.join(areas)}")


def explain(
    name: str, records: Iterable[Mapping[str, Any]] = (), matrix: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The facts of a requirement. Of the records, the newest first, one that judged it gives the evidence.

    `matrix` is what `kill.matrix` found.
    """
    suite = check.planned(targets.load("sim:standard"))
    tests = [cell.test for cell in suite.verdicts if cell.requirement == name]
    killers = {row["slug"]: _killers(row, name) for row in matrix["mutants"]} if matrix else {}
    breaking = [m for slug in mutants.names() if name in (m := mutants.load(slug)).breaks]
    return {
        "requirement": name,
        **catalogue.told(name),
        "tests": [{"test": test, "says": suite.says.get(test, "")} for test in tests],
        "mutants": [
            {"slug": m.slug, "story": m.story.partition("\n")[0], "killers": killers.get(m.slug)}
            for m in breaking
        ],
        "untested": catalogue.untested().get(name, ""),
        "evidence": next((found for record in records if (found := _evidence(name, record))), None),
    }


def _killers(row: Mapping[str, Any], name: str) -> list[str]:
    return [killer["test"] for killer in row["killers"] if name in killer["requirements"]]


def _evidence(name: str, record: Mapping[str, Any]) -> dict[str, Any] | None:
    cells = [cell for cell in record["verdicts"]["verdicts"] if cell["requirement"] == name]
    numbers = {number for cell in cells for number in cell["exchanges"]}
    entries = [e for e in record["exchanges"]["log"]["entries"] if e["_number"] in numbers]
    if not entries:
        return None
    return {
        "target": record["manifest"]["target"],
        "started": record["manifest"]["started"],
        "verdicts": cells,
        "exchanges": entries,
    }
