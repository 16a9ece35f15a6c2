"""What is looked at before a site is tested: is it there, can it be trusted, does it say what it has to say.

A check is a function of the `Patient`; its name is the check's, its docstring what is asked, and it
returns a `Found`. What cannot be looked at, because something before it is not there, raises `Missing` and is
skipped, so the root shows once. Nothing here makes a user act, and no request is a valid one of its kind.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from conformance.doctor.patient import Missing, Patient

LIMIT = 60.0
"""Seconds after which the checks that are left are skipped."""

STATES = ("ok", "doubtful", "broken", "skipped")


class Found(msgspec.Struct, frozen=True):
    """What a check found. `advice` says what to do next; it is empty only where all is well."""

    state: str
    told: str
    advice: str = ""


Check = Callable[[Patient], Found]


def ok(told: str) -> Found:
    """As it should be."""
    return Found("ok", told)


def doubtful(told: str, advice: str) -> Found:
    """It may be meant, or hurt some peers."""
    return Found("doubtful", told, advice)


def broken(told: str, advice: str) -> Found:
    """Peers cannot work with it."""
    return Found("broken", told, advice)


def checks() -> tuple[Check, ...]:
    """All of them, in the order in which one builds on another."""
    from conformance.doctor import discovery, keys, manners, network, services

    return (*network.CHECKS, *discovery.CHECKS, *keys.CHECKS, *services.CHECKS, *manners.CHECKS)


def name_of(check: Check) -> str:
    """`certificate-name` of `certificate_name`."""
    return check.__name__.replace("_", "-")


def examine(
    patient: Patient,
    wanted: Iterable[Check] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[dict[str, Any]]:
    """One entry for each check, as it is done: `check`, `asks`, `state`, `told`, `advice`."""
    began = clock()
    for check in checks() if wanted is None else wanted:
        if clock() - began > LIMIT:
            found = Found(
                "skipped", f"the {LIMIT:.0f} seconds are over", "see why the site is so slow, first"
            )
        else:
            try:
                found = check(patient)
            except Missing as missing:
                found = Found("skipped", str(missing), "repair what is broken above, and look again")
        asks = " ".join((check.__doc__ or "").split())
        yield {"check": name_of(check), "asks": asks, **msgspec.structs.asdict(found)}


def report(url: str, version: str, entries: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """As `reports/schemas/doctor.json` has it."""
    found = list(entries)
    counts = {state: sum(entry["state"] == state for entry in found) for state in STATES}
    ok = bool(counts["ok"]) and not counts["broken"]
    return {"url": url, "ok": ok, "version": version, "checks": found, "counts": counts}
