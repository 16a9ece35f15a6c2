"""A load run in the text format of Prometheus, for a textfile collector or a push gateway."""

from collections.abc import Iterator, Mapping
from typing import Any

QUANTILES = {"p50": "0.5", "p90": "0.9", "p99": "0.99", "p999": "0.999", "p9999": "0.9999", "max": "1"}
WRONGS = ("lost", "doubled", "altered", "leaked", "undead")


def render(result: Mapping[str, Any]) -> str:
    """The text."""
    return "".join(f"{line}\n" for line in _lines(result))


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    story = {"story": result["story"]}
    ledger, generator = result["ledger"], result["generator"]
    yield from _metric(
        "ok", "Whether the run was valid and kept to its limits.", [(story, int(result["ok"]))]
    )
    yield from _metric("valid", "Whether the figures are the target's.", [(story, int(result["valid"]))])
    for name in ("arrivals", "begun", "done"):
        yield from _metric(f"stories_{name}", f"Stories: {name}.", [(story, result[name])])
    yield from _metric("stories_per_second", "Stories that ended well.", [(story, result["rate"])])
    for name in ("latency", "service"):
        found = [
            ({**story, "quantile": quantile}, result[f"{name}_ms"][key] / 1000)
            for key, quantile in QUANTILES.items()
        ]
        yield from _metric(f"{name}_seconds", f"{name.title()} of stories.", found)
    errors = [({**story, "reason": reason}, count) for reason, count in result["errors"].items()]
    yield from _metric("errors", "Stories that failed.", errors)
    wrongs = [({**story, "wrong": wrong}, ledger[wrong]) for wrong in WRONGS]
    yield from _metric("ledger_wrong", "What the ledger found.", wrongs)
    for name in ("entries", "acknowledged", "unasked"):
        yield from _metric(f"ledger_{name}", f"Ledger: {name}.", [(story, ledger[name])])
    yield from _metric("fairness", "Jain's index over peers.", [(story, result["fairness"])])
    for name in ("limit", "used"):
        yield from _metric(f"generator_{name}", f"Generator: {name}.", [(story, generator[name])])


def _metric(name: str, told: str, found: list[tuple[dict[str, str], float]]) -> Iterator[str]:
    yield f"# HELP meshsim_load_{name} {told}"
    yield f"# TYPE meshsim_load_{name} gauge"
    for labels, value in found:
        text = ",".join(f'{key}="{_escaped(label)}"' for key, label in labels.items())
        yield f"meshsim_load_{name}{{{text}}} {value:.12g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
