"""The checks made last, kept so that `meshsim explain` can show what was seen.

They are bundles, without secrets, in the folder that the XDG specification has for what programs remember.
Nothing depends on them: where they cannot be written, nothing is kept.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

MOST = 20
"""Checks that are kept, one of each target."""


def folder() -> Path:
    """Where they lie: $XDG_STATE_HOME/meshsim, or ~/.local/state/meshsim."""
    state = os.environ.get("XDG_STATE_HOME", "")
    return Path(state if os.path.isabs(state) else Path.home() / ".local" / "state") / "meshsim"


def keep(
    record: Mapping[str, Any], archive: Callable[[str, Mapping[str, Any]], None], *, partial: bool
) -> None:
    """Keep the record of a check in place of one of the same target; a `partial` one has its own place."""
    name = hashlib.sha256(record["manifest"]["target"].encode()).hexdigest()[:16] + "-part" * partial
    with suppress(OSError, RuntimeError):
        folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        archive(str(folder() / f"{name}.zip"), record)
        for old in _newest()[MOST:]:
            old.unlink(missing_ok=True)


def records(read: Callable[[str], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The kept records, the newest first; what cannot be read is passed over."""
    with suppress(OSError, RuntimeError):
        for path in _newest():
            with suppress(ValueError):
                yield read(str(path))


def keep_message(case: Mapping[str, Any]) -> Path | None:
    """Keep a message that a site did not stand, as a file that `meshsim check --message` sends again."""
    text = json.dumps(case, indent=1, sort_keys=True)
    path = folder() / "messages" / f"{hashlib.sha256(text.encode()).hexdigest()[:12]}.json"
    with suppress(OSError, RuntimeError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path
    return None


def keep_matrix(matrix: Mapping[str, Any]) -> None:
    """Keep the kill matrix."""
    with suppress(OSError, RuntimeError):
        folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder() / "mutants.json").write_text(json.dumps(matrix), encoding="utf-8")


def matrix() -> dict[str, Any] | None:
    """The kill matrix made last; None if there is none."""
    with suppress(OSError, RuntimeError, ValueError, TypeError, KeyError):
        found: dict[str, Any] = json.loads((folder() / "mutants.json").read_text(encoding="utf-8"))
        if all({"slug", "killers"} <= row.keys() for row in found["mutants"]):
            return found
    return None


def _newest() -> list[Path]:
    # Two checks may end within one tick of a file system's clock.
    return sorted(folder().glob("*.zip"), key=lambda p: (p.stat().st_mtime_ns, p.name), reverse=True)
