"""How long the conformance suite takes: each run is a command of its own, as somebody would type it.

What counts is processor time, which other work on the machine does not lengthen; the suite never waits. All
mutants are run on as many cores as there are, so their time is shared by two.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

FIRST, WHOLE, MUTANTS = 2.0, 10.0, 300.0
"""Seconds until the first verdict, of the whole suite, and of all mutants on two cores."""

FEW = "share-status-200"
"""For a try of the benchmark itself, which is no measurement."""

_TIMED = """
import sys, time
from meshsim import bundle, cli
def progress(console):
    def note(cell):
        sys.__stderr__.write(f"{time.process_time()}\\n")
        sys.__stderr__.flush()
    return note
bundle.load("reports", "check").progress = progress
sys.argv[:1] = ["meshsim"]
cli.app(args=sys.argv[1:])
"""


def first_and_whole() -> tuple[float, float]:
    """Seconds of the processor until the first verdict on the standard site is there, and until all are."""
    with tempfile.TemporaryDirectory() as place:
        spent, told = _command(["-c", _TIMED, "check", "sim:standard"], Path(place))
    return float(told.splitlines()[0]), spent


def mutants(*, few: bool) -> tuple[float, int]:
    """Seconds of two processors for the kill matrix, and how many mutants were run."""
    with tempfile.TemporaryDirectory() as place:
        words = ["-m", "meshsim", "mutants", "--json", "m.json", *(["--only", FEW] if few else [])]
        spent, _ = _command(words, Path(place))
        count = len(json.loads((Path(place) / "m.json").read_text())["mutants"])
    return spent / 2, count


def _command(words: list[str], place: Path) -> tuple[float, str]:
    """Processor time of a command and all its children, and what it wrote to standard error."""
    root = str(Path(__file__).parents[1])
    env: dict[str, Any] = {**os.environ, "PYTHONPATH": root, "XDG_STATE_HOME": str(place)}
    before = os.times()
    done = subprocess.run(  # noqa: S603 - a command of ours
        [sys.executable, *words], cwd=place, env=env, capture_output=True, text=True, check=False
    )
    after = os.times()
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr[-500:])
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return spent, done.stderr
