"""What commands share: exit statuses, wrong use, the console, and JSON for scripts."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from rich.console import Console

WRONG, MISUSE, OUR_FAULT = 1, 2, 3
STOPPED = 128 + signal.SIGINT
"""What shells show of a program that was interrupted."""

Json = Annotated[
    str | None, typer.Option("--json", metavar="FILE", help="Write the facts; - for standard output.")
]


def misuse(message: str) -> NoReturn:
    """End with status 2, which says that the command cannot be understood."""
    typer.echo(f"meshsim: {message}", err=True)
    raise typer.Exit(MISUSE)


@contextmanager
def needing(extra: str, *packages: str) -> Iterator[None]:
    """Wrong use, told as such, if one of these packages is missing: they come with an extra of ours."""
    try:
        yield
    except ImportError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in packages:
            raise
        misuse(f"this needs {missing}: pip install 'meshsim[{extra}]'")


def check_writable(path: str | None) -> None:
    """Wrong use, told before a long run and not after it."""
    if path in (None, "-"):
        return
    try:
        with Path(str(path)).open("a", encoding="utf-8"):
            pass
    except OSError as error:
        cannot_write(str(path), error)


def cannot_write(path: str, error: OSError) -> NoReturn:
    """The same, and why."""
    misuse(f"cannot write {path!r}: {error.strerror}")


def make_console(*, stderr: bool) -> "Console":
    """Where tables go."""
    from rich.console import Console

    class Ours(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # and no exit status 1, which would be a verdict

    # The stream as it is now: pytest takes the streams away while tests run, and progress goes on.
    return Ours(file=sys.stderr if stderr else sys.stdout, highlight=False)


def write_json(path: str, document: Any) -> None:
    """To a file, or - for standard output."""
    write_text(path, json.dumps(document, indent=2) + "\n")


def write_text(path: str, text: str) -> None:
    """The same, of what is text already."""
    if path == "-":
        sys.stdout.write(text)
        return
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        cannot_write(path, error)


@contextmanager
def stoppable() -> Iterator[None]:
    """A polite request to end is as good as Ctrl-C: what was found so far is told."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
