"""The kill matrix: the suite against each mutant, and against the ordinary sites they depart from."""

import gc
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from conformance import check, mutants, targets

ALARMS = ("failed", "warning", "error", "blocked")
Cell = tuple[str, str, str, str]
"""Requirement, test, verdict, reason."""


def matrix(
    slugs: list[str] | None = None, progress: Callable[[dict[str, Any]], None] = lambda row: None
) -> dict[str, Any]:
    """`mutants`, `alarms` of ordinary sites, `hidden` ones, and `ok`."""
    wanted = [mutants.load(slug) for slug in slugs or mutants.names()]
    seen = [mutant for mutant in wanted if not mutant.hidden]
    plain = sorted({mutant.configuration for mutant in seen})
    # Each run in a fresh state of its own; forked, so that nothing is imported twice.
    with ProcessPoolExecutor(os.cpu_count(), get_context("fork"), _settle_memory) as pool:
        ordinary = [f"sim:standard:{configuration}".rstrip(":") for configuration in plain]
        jobs = [pool.submit(_alarms, target) for target in (*ordinary, *(f"mutant:{m.slug}" for m in seen))]
        found = [set(job.result()) for job in jobs[: len(plain)]]
        base = dict(zip(plain, found, strict=True))
        rows = []
        for mutant, job in zip(seen, jobs[len(plain) :], strict=True):
            quiet = {cell[:2] for cell in base[mutant.configuration]}
            rows.append(_row(mutant, [cell for cell in job.result() if cell[:2] not in quiet]))
            progress(rows[-1])
    alarms = [
        {"target": target, "test": test, "requirement": requirement, "verdict": verdict}
        for target, cells in zip(ordinary, found, strict=True)
        for requirement, test, verdict, _ in sorted(cells)
        if verdict != "warning"
    ]
    ok = not alarms and not any(survivors({"mutants": rows}))
    hidden = [{"slug": m.slug, "area": m.area, "reason": m.hidden} for m in wanted if m.hidden]
    return {"ok": ok, "mutants": rows, "alarms": alarms, "hidden": hidden}


def _settle_memory() -> None:
    """What is there stays; what a run leaves is collected after it, and not looked through all the time."""
    gc.collect()
    gc.freeze()
    gc.disable()


def _alarms(target: str) -> list[Cell]:
    try:
        report, _ = check.run(targets.load(target))
    except Exception as error:
        return [("", "the whole run", "error", f"{type(error).__name__}: {error}")]
    finally:
        gc.collect()
    return [
        (v["requirement"], v["test"], v["verdict"], v["reason"])
        for v in report["verdicts"]
        if v["verdict"] in ALARMS
    ]


def _row(mutant: mutants.Mutant, cells: list[Cell]) -> dict[str, Any]:
    killers: dict[str, list[str]] = {}
    crashes: dict[str, str] = {}
    for requirement, test, verdict, reason in cells:
        # Our own fault, and what could not be tried, are no proof against anybody.
        if verdict in ("failed", "warning"):
            killers.setdefault(test, []).append(requirement)
        elif verdict == "error":
            crashes[test] = reason
    return {
        "slug": mutant.slug,
        "area": mutant.area,
        "killed": bool(killers),
        "killers": [{"test": test, "requirements": ids} for test, ids in killers.items()],
        "right_reason": bool(set(mutant.breaks) & {i for ids in killers.values() for i in ids}),
        "breaks": list(mutant.breaks),
        "crashes": [{"test": test, "reason": reason} for test, reason in crashes.items()],
    }


def survivors(report: dict[str, Any]) -> Iterator[str]:
    """Who was not caught, or not for what it does."""
    for row in report["mutants"]:
        if not row["killed"]:
            yield f"{row['slug']} lives"
        elif not row["right_reason"]:
            yield f"{row['slug']} was caught for something else"
        for crash in row["crashes"]:
            # A test that stumbles over a site, or a mutant that does, proves nothing.
            yield f"{row['slug']} crashed {crash['test']}: {crash['reason']}"
