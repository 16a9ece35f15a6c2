"""The highest rate at which a target keeps to its limits, and how sure that is.

The rate is doubled until a run is not ok, then halved in between; the edge that was found is run again a few
times, since a rate that is kept to once in three is not one to promise.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

STEPS = 5
"""Halvings: the edge is known to a thirtieth of its octave."""
AGAIN = 3
MOST = 2000.0


def spread(runs: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """Below the first every run was kept, above the second none was; between them it came out either way."""
    kept = [one["rate"] for one in runs if one["ok"]]
    broken = [one["rate"] for one in runs if not one["ok"]]
    surely = max((rate for rate in kept if rate < min(broken, default=rate + 1)), default=0.0)
    never = min((rate for rate in broken if rate > max(kept, default=0.0)), default=max(kept, default=0.0))
    return surely, never


def found(
    run: Callable[[float, int], dict[str, Any]], start: float, tell: Callable[[str], None] = lambda text: None
) -> dict[str, Any]:
    """`run` takes a rate and a seed, and gives a result.

    The capacity, its spread, and every run that was made. A run in which the generator was the bottleneck
    ends the search: more can be promised by a stronger generator only.
    """
    runs: list[dict[str, Any]] = []

    def kept(rate: float) -> bool:
        result = run(rate, len(runs))
        runs.append(
            {
                "rate": rate,
                "ok": result["ok"],
                "valid": result["valid"],
                "done": result["done"],
                "p99_ms": result["latency_ms"]["p99"],
                "why": [
                    *result["invalid"],
                    *(limit["name"] for limit in result["thresholds"] if not limit["ok"]),
                    *list(result["errors"])[:1],
                ],
            }
        )
        tell(f"{rate:.1f} a second: {'kept' if result['ok'] else ', '.join(runs[-1]['why']) or 'not ok'}")
        return bool(result["ok"])

    low, high = 0.0, start
    while high <= MOST and kept(high):
        low, high = high, high * 2
    high = min(high, MOST)
    for _ in range(STEPS):
        if low == 0.0 and high < start / 8:
            break
        middle = (low + high) / 2
        if kept(middle):
            low = middle
        else:
            high = middle
    steady = sum(kept(low) for _ in range(AGAIN)) if low else 0
    return {
        "capacity": low,
        "broken_at": high,
        "spread": spread(runs),
        "steady": steady,
        "of": AGAIN if low else 0,
        "limited_by_generator": any(not one["valid"] for one in runs),
        "runs": runs,
    }
