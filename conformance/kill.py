"""The kill matrix: the suite against each mutant, and against the ordinary sites they depart from."""

import gc
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context, parent_process
from typing import Any

from conformance import check, mutants, targets

ALARMS = ("failed", "warning", "error", "blocked")
Cell = tuple[str, str, str, str]
"""Requirement, test, verdict, reason."""


def matrix(
    slugs: list[str] | None = None,
    progress: Callable[[dict[str, Any]], None] = lambda row: None,
    *,
    quick: bool = False,
    kept: Callable[[dict[str, Any]], None] = lambda report: None,
) -> dict[str, Any]:
    """`mutants`, `alarms` of ordinary sites, `hidden` ones, whether it is `finished`, and `ok`.

    `kept` is told the plan, in which nobody is caught yet, before anything runs, and how far it has come
    after each mutant. An interrupted run ends with what it has.

    `quick` runs, against each mutant, the tests that cite what it breaks: they alone can kill it for the
    right reason. The whole suite follows only where none does; who else would have caught it is not told.
    """
    wanted = [mutants.load(slug) for slug in slugs or mutants.names()]
    seen = [mutant for mutant in wanted if not mutant.hidden]
    plain = sorted({mutant.configuration for mutant in seen})
    ordinary = [_ordinary(configuration) for configuration in plain]
    base: dict[str, list[Cell]] = {}
    rows = {mutant.slug: _row(mutant, []) | {"run": False} for mutant in seen}

    def so_far() -> dict[str, Any]:
        return _report(wanted, base, rows.values())

    kept(so_far())
    # Each run in a fresh state of its own; forked, so that nothing is imported twice.
    with ProcessPoolExecutor(os.cpu_count(), get_context("fork"), _settle) as pool:
        try:
            base |= zip(plain, pool.map(_alarms, ordinary), strict=True)
            for row in pool.map(partial(_fate, base, quick), seen):
                rows[row["slug"]] = row
                progress(row)
                kept(so_far())
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
    return so_far()


def _report(
    wanted: Iterable[mutants.Mutant], base: dict[str, list[Cell]], rows: Iterable[dict[str, Any]]
) -> dict[str, Any]:
    found = list(rows)
    alarms = [
        {"target": _ordinary(name), "test": test, "requirement": requirement, "verdict": verdict}
        for name, cells in base.items()
        for requirement, test, verdict, _ in sorted(cells)
    ]
    # Where nobody was tried, nothing was shown.
    finished = bool(found) and all(row["run"] for row in found)
    return {
        "ok": finished and not alarms and not any(survivors({"mutants": found})),
        "finished": finished,
        "mutants": found,
        "alarms": alarms,
        "hidden": [{"slug": m.slug, "area": m.area, "reason": m.hidden} for m in wanted if m.hidden],
    }


def _ordinary(configuration: str) -> str:
    return f"sim:standard:{configuration}".rstrip(":")


def _settle() -> None:
    """A process of the pool: it ends when it is told by us, not by the keyboard.

    What is there stays; what a run leaves is collected after it, and not looked through all the time.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.collect()
    gc.freeze()
    gc.disable()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)  # nobody reads what would come


def _fate(base: dict[str, list[Cell]], quick: bool, mutant: mutants.Mutant) -> dict[str, Any]:
    quiet = {cell[:2] for cell in base[mutant.configuration]}
    for judging in (frozenset(mutant.breaks), None) if quick else (None,):
        cells = _alarms(f"mutant:{mutant.slug}", judging)
        row = _row(mutant, [cell for cell in cells if cell[:2] not in quiet])
        if row["right_reason"]:
            break
    return row


def _alarms(target: str, judging: frozenset[str] | None = None) -> list[Cell]:
    try:
        report, _ = check.run(targets.load(target), judging=judging, lean=True)
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
        "run": True,
    }


def told(report: dict[str, Any]) -> dict[str, dict[str, list[str]]]:
    """By mutant and test, which requirements it broke of those that it says it breaks: `kills.json`."""
    return {
        row["slug"]: {
            killer["test"]: ids
            for killer in row["killers"]
            if (ids := [name for name in killer["requirements"] if name in row["breaks"]])
        }
        for row in report["mutants"]
    }


def survivors(report: dict[str, Any]) -> Iterator[str]:
    """Who was not caught, or not for what it does."""
    for row in report["mutants"]:
        if not row.get("run", True):
            yield f"{row['slug']} was not run"
        elif not row["killed"]:
            yield f"{row['slug']} lives"
        elif not row["right_reason"]:
            yield f"{row['slug']} was caught for something else"
        for crash in row["crashes"]:
            # A test that stumbles over a site, or a mutant that does, proves nothing.
            yield f"{row['slug']} crashed {crash['test']}: {crash['reason']}"
