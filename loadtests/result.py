"""The result of a run, as `reports/schemas/load.json` has it: what was asked, measured, found and judged."""

import os
import platform
from collections.abc import Mapping, Sequence
from typing import Any

from loadtests import thresholds
from loadtests.audit import Verdict
from loadtests.figures import LAG, LATENCY, SERVICE, Figures, summary
from meshsim import __version__

BUSY = 0.9
"""How much of its core a generator may need, in all but a tenth of the seconds."""
NEAR = 0.9
"""How near it may come to what it could send to a target that does nothing."""
LATE_MS, LATE_SHARE = 20.0, 0.5
"""The generator's own delay (p99) makes figures doubtful above the first, if it is that share of latency."""


def assembled(
    asked: Mapping[str, Any],
    figures: Figures,
    verdict: Verdict,
    limits: Mapping[str, float],
    *,
    limit: float,
    workers: Sequence[Mapping[str, Any]] = (),
    arrivals: int = 0,
    faults: Sequence[str] = (),
    left_out: Sequence[str] = (),
    measured: Mapping[str, float] | None = None,
    traffic: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The whole of it. `faults` are our own, which make a run invalid."""
    last = max(figures.seconds, default=0) + 1
    span = float(last) if last > asked["duration"] + 1 or not asked["rate"] else asked["duration"] or 1.0
    errors = sum(figures.errors.values())
    ended = figures.done + errors
    result: dict[str, Any] = {
        "version": __version__,
        "story": asked["story"],
        "target": list(asked["target"]),
        "seed": asked["seed"],
        "simulated": asked.get("simulated", False),
        "asked": {name: asked[name] for name in ("rate", "arrival", "duration", "peers")},
        "valid": True,
        "invalid": [],
        "left_out": list(left_out),
        "ok": False,
        "arrivals": arrivals or figures.begun,
        "begun": figures.begun,
        "done": figures.done,
        "rate": round(figures.done / span, 3),
        "latency_ms": figures.summary(LATENCY),
        "service_ms": figures.summary(SERVICE),
        "stories": {
            name: {"latency_ms": found, "service_ms": figures.summary(f"{SERVICE} {name}")}
            for name, found in figures.named(f"{LATENCY} ").items()
        },
        "steps": figures.named("step "),
        "errors": dict(figures.errors.most_common(100)),
        "error_share": round(errors / ended, 6) if ended else 0.0,
        "fairness": round(figures.fairness(), 4),
        "peers": {
            peer: {"done": done, "failed": failed, "mean_ms": round(spent / done / 1000, 3) if done else 0.0}
            for peer, (done, failed, spent) in sorted(figures.peers.items())[:1000]
        },
        "ledger": {
            "entries": verdict.entries,
            "acknowledged": verdict.acknowledged,
            **verdict.counts(),
            "unasked": verdict.unasked,
            "findings": [
                {"wrong": found.wrong, "entry": found.entry, "sentence": found.sentence}
                for found in verdict.findings[:1000]
            ],
        },
        "generator": _generator(figures, limit),
        "workers": [dict(worker) for worker in workers],
        "seconds": [
            {
                "second": second,
                "begun": one.begun,
                "done": one.done,
                "failed": one.failed,
                "requests": one.requests,
                "used": round(one.used, 3),
                "latency_ms": {name: summary(one.latency)[name] for name in ("p50", "p99", "max")},
                "marks": list(one.marks),
            }
            for second, one in sorted(figures.seconds.items())
        ],
        "environment": {
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.release()}",
            "machine": platform.machine(),
            "cores": os.cpu_count() or 0,
        },
        "thresholds": [],
    }
    if measured:
        result["measured"] = dict(measured)
    if traffic:
        result["traffic"] = dict(traffic)
    result["invalid"] = [*_invalid(result), *faults]
    result["valid"] = not result["invalid"]
    result["thresholds"] = thresholds.judge(limits, result)
    result["ok"] = (
        result["valid"]
        and all(one["ok"] for one in result["thresholds"])
        and not verdict.findings
        and figures.done > 0
    )
    return result


def failed(asked: Mapping[str, Any], why: str) -> dict[str, Any]:
    """A run that could not be begun."""
    none = Verdict(0, 0, 0, ())
    return assembled({**asked, "duration": 0}, Figures(), none, {}, limit=0.0, faults=[why])


def _generator(figures: Figures, limit: float) -> dict[str, Any]:
    spans = [used for worker in figures.used.values() for used in worker]
    rates = [one.requests for one in figures.seconds.values()]
    return {
        "limit": round(limit, 1),
        "used": round(_ninth(spans), 3),
        "requests": figures.requests,
        "requests_per_second": float(_ninth(rates)),
        "lag_ms": figures.summary(LAG),
    }


def _ninth(values: Sequence[float]) -> float:
    """What nine of ten seconds stay below."""
    return sorted(values)[int(0.9 * (len(values) - 1))] if values else 0.0


def _invalid(result: Mapping[str, Any]) -> list[str]:
    """Why the figures are the generator's and not the target's."""
    generator, found = result["generator"], []
    if generator["used"] > BUSY:
        found.append(f"the generator needed {generator['used']:.0%} of its core; add --processes")
    limit, sent = generator["limit"], generator["requests_per_second"]
    if limit and sent > NEAR * limit:
        found.append(f"{sent:.0f} requests a second are near the generator's own limit of {limit:.0f}")
    lag, latency = generator["lag_ms"]["p99"], result["latency_ms"]["p99"]
    if lag > LATE_MS and lag > LATE_SHARE * latency:
        found.append(f"the generator was late itself, by {lag:.0f} ms (p99) of {latency:.0f} ms")
    died = [worker["name"] for worker in result["workers"] if worker.get("died")]
    if died:
        found.append(f"workers died: {', '.join(died)}")
    return found
