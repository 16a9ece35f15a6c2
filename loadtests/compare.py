"""Faster, slower or the same: two targets measured in turn, and an interval instead of a feeling.

What else a machine does hits both sides of a pair alike. The ratio of each pair is drawn from again and again
(bootstrap), and what the middle 95 of a hundred medians span is the interval.
"""

from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import msgspec

from meshsim.entropy import stream

PAIRS = 5
DRAWS = 2000
CONFIDENCE = 0.95


def verdict(ours: Sequence[float], others: Sequence[float], *, same: float = 0.05) -> dict[str, Any]:
    """What the second is to the first, from values of interleaved runs in which less is better.

    Faster or slower needs an interval that leaves 1 out by more than `same`, which nobody would notice; the
    same needs one that lies within it; anything else is unclear, and more pairs are needed.
    """
    ratios = [after / before for before, after in zip(ours, others, strict=True) if before > 0]
    if not ratios:
        return {"verdict": "unclear", "ratio": None, "low": None, "high": None, "pairs": 0}
    chance = stream(0, "bootstrap")
    drawn = sorted(median(chance.choices(ratios, k=len(ratios))) for _ in range(DRAWS))
    low = drawn[int((1 - CONFIDENCE) / 2 * DRAWS)]
    high = drawn[int((1 + CONFIDENCE) / 2 * DRAWS) - 1]
    word = "unclear"
    if high < 1 - same:
        word = "faster"
    elif low > 1 + same:
        word = "slower"
    elif low >= 1 - same and high <= 1 + same:
        word = "same"
    return {"verdict": word, "ratio": median(ratios), "low": low, "high": high, "pairs": len(ratios)}


def compared(
    run: Callable[[Any], dict[str, Any]],
    first: Any,
    second: Any,
    pairs: int = PAIRS,
    tell: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Run both in turn, which of the two begins changing from pair to pair; both are `load.Asked`."""
    results: dict[str, list[dict[str, Any]]] = {"first": [], "second": []}
    for pair in range(pairs):
        order = ("first", "second") if pair % 2 == 0 else ("second", "first")
        for which in order:
            tell(f"pair {pair + 1} of {pairs}: the {which}")
            asked = msgspec.structs.replace(first if which == "first" else second, seed=first.seed + pair)
            results[which].append(run(asked))
    invalid = [why for found in results.values() for one in found for why in one["invalid"]]
    wrong = sum(bool(one["ledger"]["findings"]) for found in results.values() for one in found)
    measures = {
        name: verdict(
            [one["service_ms"][name] for one in results["first"]],
            [one["service_ms"][name] for one in results["second"]],
        )
        for name in ("p50", "p99")
    }
    return {
        "first": first.target,
        "second": second.target,
        "valid": not invalid,
        "invalid": sorted(set(invalid)),
        "ledgers_wrong": wrong,
        "service_ms": measures,
        "runs": results,
    }
