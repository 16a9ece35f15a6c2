"""All that is known of one requirement: what it says, who judges it, who breaks it, what was seen last."""

import difflib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
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

    `matrix` is what `kill.matrix` found here; of mutants that it does not have, `kills` tells.
    """
    suite = check.planned(targets.load("sim:standard"))
    tests = [cell.test for cell in suite.verdicts if cell.requirement == name]
    killers = {slug: [t for t, ids in tests.items() if name in ids] for slug, tests in kills().items()}
    killers |= {row["slug"]: _killers(row, name) for row in matrix["mutants"]} if matrix else {}
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


def kills() -> dict[str, dict[str, list[str]]]:
    """By mutant and test, the requirements that it broke when the suite was last run against all of them.

    kills.json is made by `nox -s kills`, and a test holds it against what really kills.
    """
    path = Path(__file__).with_name("kills.json")
    found: dict[str, dict[str, list[str]]] = json.loads(path.read_text(encoding="utf-8"))
    return found


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
