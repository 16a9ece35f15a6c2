"""What a run must keep to: limits in TOML beside each story, and whether they were kept."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

STORIES = Path(__file__).parent / "stories"


class BadThresholds(ValueError):
    """A file of thresholds that cannot be read, with the reason."""


def load(story: str, file: Path | None = None) -> dict[str, float]:
    """The limits of a story, or those in a file of one's own, by dotted name."""
    path = file or STORIES / f"{story}.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if file is None:
            return {}
        raise BadThresholds(f"there is no file {path}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadThresholds(f"{path}: {error}") from error
    found = dict(_flat(table.get("thresholds", {})))
    for name, limit in found.items():
        if isinstance(limit, bool) or not isinstance(limit, int | float) or limit < 0:
            raise BadThresholds(f"{path}: {name} is {limit!r}, not a number from 0 on")
    return found


def options(story: str) -> dict[str, Any]:
    """What else the file of a story says: its usual rate, span, peers."""
    path = STORIES / f"{story}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def judge(limits: Mapping[str, float], result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each limit with what the result says.

    A name is the way to a value in the result, such as `latency_ms.p99` or `ledger.lost`. Fairness, and
    whatever else begins with `at_least.`, must be that much or more; all else that much or less.
    """
    judged = []
    for name, limit in limits.items():
        value = _at(result, name.removeprefix("at_least."))
        at_least = name.startswith("at_least.")
        ok = value is not None and (value >= limit if at_least else value <= limit)
        judged.append({"name": name, "limit": limit, "value": value, "ok": ok})
    return judged


def _flat(table: Any, prefix: str = "") -> Any:
    if not isinstance(table, Mapping):
        raise BadThresholds("thresholds is a table")
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _at(result: Any, name: str) -> float | None:
    for part in name.split("."):
        result = result.get(part) if isinstance(result, Mapping) else None
    return result if isinstance(result, int | float) and not isinstance(result, bool) else None
