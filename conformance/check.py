"""One run of the suite, from a target to a report; the plan is known before anything runs."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, TypedDict

import msgspec
import pytest

from conformance import catalogue, plugin, targets, verdicts
from conformance.verdicts import Verdict
from meshsim import __version__, bundle

UNUSED = ("logging", "warnings", "unraisableexception", "threadexception", "doctest", "faulthandler")
"""Of pytest's own plug-ins, those that only take time here: a tenth of a run."""


class Broken(Exception):
    """The suite itself could not be run; that is our fault."""


class Kept(TypedDict):
    """A message that a site did not stand, in the file of it."""

    test: str
    endpoint: str
    place: str
    left_out: bool
    value: Any


class Terse:
    """Explains no `assert`. Also inside a pytest that rewrites the tests: told not to, ours forgets there
    that its words go through a `%` later, and a test that shows one stumbles."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_assertrepr_compare(self) -> list[str]:
        """The first answer is what pytest takes."""
        return ["differs"]


def run(
    target: targets.Target,
    *,
    only: Iterable[str] = (),
    own: Iterable[str] = (),
    known: str | None = None,
    planned: Callable[[dict[str, Any], plugin.Suite], None] = lambda report, suite: None,
    progress: Callable[[Verdict], None] = lambda cell: None,
    judging: frozenset[str] | None = None,
    lean: bool = False,
    message: dict[str, Any] | None = None,
) -> tuple[dict[str, Any], plugin.Suite]:
    """The report and what it was made of; Broken, ValueError for expectations or tests that are not there.

    `own` are files of tests beside those of the suite.
    `planned` is told the plan, every cell of it red, before anything is sent. An interrupted run ends with
    what it has; `suite.interrupted` says so. `judging` leaves out tests that cite none of these requirements.
    `lean` is for who runs the suite again and again and reads no reasons: the tests are loaded once, and
    `assert` explains nothing.
    """
    suite = plugin.Suite(
        target,
        own=_files(own),
        known=(*getattr(target, "known", ()), *(verdicts.expectations(known) if known else ())),
        planned=lambda cells: planned(report(target, cells), suite),
        progress=progress,
        judging=judging,
        message=message,
    )
    with ready(target):
        told = _pytest(suite, [*_selection(only), *(["--assert=plain"] if lean else [])], lean=lean)
    if told and not suite.interrupted:
        raise Broken(told)
    return report(target, suite.verdicts), suite


def message(file: str) -> dict[str, Any]:
    """A message that a site did not stand, as it was kept; Misuse."""
    try:
        return {**msgspec.json.decode(Path(file).read_bytes(), type=Kept)}
    except (OSError, ValueError) as error:
        raise targets.Misuse(f"--message {file}: no message that was kept by a check: {error}") from error


@contextmanager
def ready(target: targets.Target) -> Iterator[None]:
    """A target that has to be begun and ended is; Misuse if there is nobody to examine."""
    close = getattr(target, "close", lambda: None)
    try:
        getattr(target, "prepare", lambda: None)()
        yield
    finally:
        close()


def plan(target: targets.Target, only: Iterable[str] = (), own: Iterable[str] = ()) -> list[Verdict]:
    """What would be run."""
    return planned(target, only, own).verdicts


def planned(target: targets.Target, only: Iterable[str] = (), own: Iterable[str] = ()) -> plugin.Suite:
    """A suite that has collected its tests, and runs none."""
    suite = plugin.Suite(target, own=_files(own))
    told = _pytest(suite, [*_selection(only), "--collect-only"])
    if told:
        raise Broken(told)
    return suite


def report(target: targets.Target, cells: Iterable[Verdict]) -> dict[str, Any]:
    """The facts of a run, finished or not."""
    return verdicts.report(
        target.name,
        cells,
        version=__version__,
        draft=catalogue.draft(),
        seed=getattr(target, "seed", None),
        clock="real" if target.real or getattr(target, "recorded", False) else "virtual",
    )


def _files(own: Iterable[str]) -> tuple[Path, ...]:
    found = tuple(Path(name).resolve() for name in own)
    for path in found:
        if not path.is_file() or not path.match("test_*.py"):
            raise targets.Misuse(f"--tests {path}: there is no such file; write test_SOMETHING.py")
        if (plugin.HERE / path.name).exists():
            raise targets.Misuse(f"--tests {path}: the suite has a file of that name; take another")
    return found


def _selection(only: Iterable[str]) -> list[str]:
    words = [word.lower().replace("-", "_").removeprefix("ocm_") for word in only]
    return ["-k", " or ".join(words)] if words else []


def _pytest(suite: plugin.Suite, more: list[str], *, lean: bool = False) -> str:
    """Run pytest inside this process: what it printed if it could not do its work.

    Unless `lean`, the tests are forgotten: the next run reads them anew.
    """
    place = bundle.root()
    arguments = [
        *(str(place / "conformance"), f"--rootdir={place}", "-c", os.devnull, "--import-mode=importlib"),
        *("-p", "no:cacheprovider", "-p", "meshsim.pytest_plugin", "--strict-markers", "-q", "--no-header"),
        *("--no-summary", "--tb=no", *(f"-pno:{name}" for name in UNUSED), *map(str, suite.own), *more),
    ]
    before = os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # a user's plug-ins have no say in this run
    output = StringIO()
    try:
        with redirect_stdout(output), redirect_stderr(output):
            status = pytest.main(arguments, plugins=[suite, Terse()] if lean else [suite])
    finally:
        if before is None:
            del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        else:
            os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = before
        for name in [n for n in sys.modules if n.startswith("conformance.test_") and not lean]:
            del sys.modules[name]
    return "" if status in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) else output.getvalue()
