"""Two checks side by side: what got worse, what got better, and what cannot be compared."""

import json
from collections.abc import Mapping
from typing import Any

from conformance import bundles, evidence, verdicts

GRADES = {**dict.fromkeys(verdicts.BAD, 2), "warning": 1, "known": 1, "passed": 0, "informational": 0}
"""The rest was not judged: it is neither good nor bad."""

Key = tuple[str, str]


def load(path: str) -> dict[str, Any]:
    """The report of a bundle or of a file that `--json` wrote; evidence.Unreadable."""
    try:
        with open(path, "rb") as file:
            packed = file.read(2) == b"PK"
        if packed:
            report = evidence.read(path)["verdicts"]
        else:
            with open(path, encoding="utf-8") as text:
                report = json.load(text)
        return bundles.check_report(report)
    except evidence.Unreadable:
        raise
    except (OSError, ValueError) as error:
        raise evidence.Unreadable(f"{path} is neither a bundle nor the JSON of a check: {error}") from error


def cells(report: Mapping[str, Any]) -> dict[Key, dict[str, Any]]:
    """Its verdicts by requirement and test."""
    members = ("requirement", "test", "verdict", "level", "severity", "reason")
    return {(v["requirement"], v["test"]): {m: v[m] for m in members} for v in report["verdicts"]}


def compare(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """`reports/schemas/diff.json`: `ok` unless something got worse."""
    before, after = cells(one), cells(other)
    found: dict[str, Any] = {kind: [] for kind in ("worse", "better", "changed", "new", "gone")}
    for key in dict.fromkeys((*before, *after)):
        then, now = before.get(key), after.get(key)
        kind = _kind(then and then["verdict"], now and now["verdict"])
        if kind:
            row = dict(now or then or {})
            row.pop("verdict")
            found[kind].append({**row, "before": then and then["verdict"], "after": now and now["verdict"]})
    runs = {
        side: {name: run[name] for name in ("target", "version", "draft", "finished")}
        for side, run in (("from", one), ("to", other))
    }
    return {"ok": not found["worse"] and other["finished"], **runs, **found}


def _kind(then: str | None, now: str | None) -> str:
    if then is None:
        return "new"
    if now is None:
        return "gone"
    if then == now:
        return ""
    was, became = GRADES.get(then), GRADES.get(now)
    # What was not judged before, and is broken now, is news as bad as any.
    if became is not None and became > (was or 0):
        return "worse"
    if was is not None and became is not None and became < was:
        return "better"
    return "changed"
