"""The command line. Exit status: 0 all is well, 1 something was judged wrong, 2 wrong use, 3 our fault."""

import errno
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from meshsim import __version__, diagnosing, examining, loading
from meshsim.terminal import (
    MISUSE,
    OUR_FAULT,
    WRONG,
    Json,
    cannot_write,
    check_writable,
    make_console,
    misuse,
    needing,
    stoppable,
    write_json,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from meshsim.running import Run

YOURS, MESH, TOOLS = "A site of yours", "Simulated meshes", "Speed, and what the tools are worth"
"""Kinds of commands, as --help shows them."""

CHECKED = (
    "Begin with: meshsim doctor https://HOST. A URL alone shows what a stranger sees; with --peer the site "
    "is called by servers of the suite, with --driver its users act. What cannot be tried is unsupported, "
    "and never passed. To see how it looks: meshsim check sim:standard, or mutant:share-status-200."
)

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)

CUT_OFF = 128 + 13
"""What shells show of a program that wrote to nobody."""


class _Commands(TyperGroup):
    def invoke(self, ctx: Any) -> Any:
        """Run a command; whoever stops reading what it prints has judged nothing."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            _to_nowhere()
            raise typer.Exit(CUT_OFF) from None


def _to_nowhere() -> None:
    """What is left in the buffer goes nowhere when Python flushes it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Open Cloud Mesh: examine a site, simulate a mesh of complete providers, or serve one.",
    epilog="Begin with: meshsim doctor https://HOST for a site, meshsim run sciencemesh for a mesh. "
    "Exit status: 0 all is well, 1 something was judged wrong, 2 wrong use, 3 our own fault.",
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"meshsim {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command(rich_help_panel=MESH)
def scenarios() -> None:
    """List the scenarios that `run` knows."""
    from meshsim import bundle

    for name in bundle.names("scenarios"):
        first = (bundle.load("scenarios", name).__doc__ or "").partition("\n")[0]
        typer.echo(f"{name:12} {first}")


@app.command(rich_help_panel=MESH)
def faults() -> None:
    """List the accidents that `run --fault` knows, with their options."""
    from importlib import import_module

    from meshsim import plugins
    from meshsim.faults import options
    from meshsim.faults._matching import Where

    for name in plugins.names("faults"):
        build = plugins.load("faults", name)
        first = (import_module(build.__module__).__doc__ or "").partition("\n")[0]
        typer.echo(f"{name:15} {first}")
        kinds, required = options(build)
        own = [option for option in kinds if option not in Where.__annotations__]
        if own:
            typer.echo(" " * 16 + ", ".join(f"{o} (needed)" if o in required else o for o in own))
    typer.echo(f"\nAll take {', '.join(Where.__annotations__)}.")
    typer.echo("For example: --fault lost_answer:target=beta.example.org,probability=0.2,end=300")


@app.command(rich_help_panel=MESH)
def run(
    scenario: Annotated[str, typer.Argument(help="A name that `meshsim scenarios` lists.")],
    sites: Annotated[int | None, typer.Option(min=2, max=5000, help="How many sites.")] = None,
    users: Annotated[int | None, typer.Option(min=1, max=10_000_000, help="How many users in all.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same run.")] = 0,
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME:ARGS", help="An accident (see `meshsim faults`); may be repeated."),
    ] = None,
    served: Annotated[
        bool, typer.Option("--served", help="On real sockets with TLS; what only takes time is skipped.")
    ] = False,
    json: Json = None,
    har: Annotated[str | None, typer.Option(metavar="FILE", help="Write every exchange as HAR 1.2.")] = None,
) -> None:
    """Run a scenario and judge it."""
    from meshsim import bundle, plugins, running
    from meshsim.story import Options

    options = Options(sites=sites, users=users, seed=seed)
    try:
        module = bundle.load("scenarios", scenario)
        running.check(module, options, fault or [])
    except (bundle.UnknownModule, plugins.UnknownPlugin, ValueError, TypeError) as error:
        misuse(str(error))
    if json == har == "-":
        misuse("standard output takes --json or --har, not both")
    for path in (json, har):
        check_writable(path)
    console = make_console(stderr="-" in (json, har))
    with _progress(scenario) as progress:
        done = running.run(scenario, module, options, fault or [], progress, served=served)
    if json is not None:
        write_json(json, done.report)
    if har is not None:
        _write_har(har, done)
    bundle.load("reports", "text").render(done.report, console)
    if not done.report["ok"]:
        console.print(f"to repeat this: [bold]{done.report['repeat']}[/]", soft_wrap=True)
        raise typer.Exit(WRONG)


app.command(rich_help_panel=YOURS, epilog="Then: meshsim check URL.")(diagnosing.doctor)
app.command(rich_help_panel=YOURS, epilog=CHECKED)(examining.check)
for _command in (examining.report, examining.diff, examining.verify, examining.explain):
    app.command(rich_help_panel=YOURS)(_command)
app.command(rich_help_panel=TOOLS)(examining.mutants)

app.command(rich_help_panel=TOOLS)(loading.load)


@app.command(rich_help_panel=MESH)
def serve(
    scenario: Annotated[str, typer.Argument(help="Whose sites: a name that `meshsim scenarios` lists.")],
    sites: Annotated[int | None, typer.Option(min=1, max=5000, help="How many sites.")] = None,
    users: Annotated[int | None, typer.Option(min=1, max=10_000_000, help="How many users in all.")] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            help="The same seed gives the same people and passwords.", show_default="0, on loopback"
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The first port; each site has one after it. 0: any.")
    ] = 8400,
    tls: Annotated[bool, typer.Option("--tls", help="HTTPS, by an authority made for the run.")] = False,
    addresses: Annotated[
        Literal["shared", "per-site"],
        typer.Option(help="One address and a port for each site, or an address for each, and a DNS server."),
    ] = "shared",
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", file_okay=False, help="Keep records and files in this folder."),
    ] = None,
    records: Annotated[
        Literal["per-site", "one-file"],
        typer.Option(help="With --data, when the folder is new: a file for each site, or one for all."),
    ] = "per-site",
    sync: Annotated[
        Literal["normal", "full"],
        typer.Option(help="With --data: survive the end of the process, or also loss of power, slowly."),
    ] = "normal",
    bind: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    name: Annotated[
        str | None, typer.Option(metavar="HOST", help="What others call that address. [default: localhost]")
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(metavar="NETWORK", help="Addresses sites may call besides each other; repeatable."),
    ] = None,
    trust: Annotated[
        Path | None, typer.Option(metavar="FILE", exists=True, help="With --tls: other authorities to trust.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON once every site is ready.")
    ] = False,
) -> None:
    """Serve the sites of a scenario on real sockets until interrupted."""
    from meshsim import bundle, serving
    from meshsim.data import Keeping
    from meshsim.database import DataError
    from meshsim.story import Options

    try:
        where = serving.Where(
            port=port,
            tls=tls,
            data=data,
            keeping=Keeping(one_file=records == "one-file", synchronous=sync.upper()),
            address=bind,
            name=name,
            per_site=addresses == "per-site",
            networks=tuple(allow or ()),
            trust=trust,
        )
        seed = where.seed(seed)
        topology = bundle.load("scenarios", scenario).topology(Options(sites=sites, users=users, seed=seed))
        with serving.opened(topology, seed, where) as mesh:
            serving.until_interrupted(mesh, lambda told: _tell_sites(told, as_json))
    except BrokenPipeError:
        raise  # whoever reads has had enough
    except (bundle.UnknownModule, ValueError, OSError, DataError) as error:
        misuse(str(error))


def _tell_sites(told: dict[str, Any], as_json: bool) -> None:
    if as_json:
        import json

        typer.echo(json.dumps(told))
        sys.stdout.flush()
    else:
        from meshsim import bundle

        bundle.load("reports", "sites").render(told, make_console(stderr=False))


@app.command(rich_help_panel=TOOLS)
def bench(
    json: Json = None,
    only: Annotated[str | None, typer.Option(help="Only rows whose id contains this.")] = None,
    seconds: Annotated[
        float, typer.Option(min=0.01, help="How long each flow is measured in a round.")
    ] = 1.0,
    served: Annotated[
        bool, typer.Option("--served", help="Over sockets, beside other WebDAV servers.")
    ] = False,
    load: Annotated[bool, typer.Option("--load", help="The load generator, beside others.")] = False,
) -> None:
    """Measure speed, as ratios with peers measured in the same run."""
    from meshsim import bundle

    if load and served:
        misuse("--served and --load are two benchmarks; choose one")
    check_writable(json)
    rows = []
    with needing("dev", "gevent", "hdrh", "locust", "starlette"):
        suite = bundle.load("loadtests", "served" if served else "generators" if load else "bench")
    if served or load:
        found = suite.measure(only or "", seconds, lambda text: typer.echo(text, err=True))
    else:
        found = suite.measure(only or "", seconds)
    try:
        with stoppable():
            for row in found:
                rows.append(row)
                bundle.load("reports", "bench").line(row, make_console(stderr=json == "-"))
        if not rows:
            misuse(f"no measurement has {only!r} in its id")
    finally:
        # What was measured until somebody stopped it, or something failed, took long enough.
        if json is not None and rows:
            write_json(json, {"version": __version__, "rows": rows})
    if any(row["met"] is False for row in rows):
        raise typer.Exit(WRONG)


class _progress:
    """Says on the terminal how many flows are done; silent where nobody watches."""

    def __init__(self, scenario: str) -> None:
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        console = make_console(stderr=True)
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        self._bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bar.add_task(f"{scenario}: starting")
        self._name = scenario

    def __enter__(self) -> "Callable[[int], None]":
        self._bar.start()
        return lambda count: self._bar.update(self._task, description=f"{self._name}: {count} flows")

    def __exit__(self, *error: object) -> None:
        self._bar.stop()


def _write_har(path: str, done: "Run") -> None:
    from meshsim import bundle, running

    write = bundle.load("reports", "har").write
    entries, secrets = running.entries(done.mesh.transcript), running.secrets(done.mesh)
    if path == "-":
        write(entries, __version__, sys.stdout, secrets)
        return
    try:
        with Path(path).open("w", encoding="utf-8") as file:
            write(entries, __version__, file, secrets)
    except OSError as error:
        cannot_write(path, error)


def main() -> None:
    """The console script."""
    try:
        try:
            app(standalone_mode=True)
        finally:
            sys.stdout.flush()
    except Exception as error:
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            _to_nowhere()
            sys.stderr.write(f"meshsim: cannot write what is to be printed: {error.strerror}\n")
            sys.exit(MISUSE)
        traceback.print_exc()
        words = " ".join(["meshsim", *sys.argv[1:]])
        sys.stderr.write(f"meshsim: this is our own fault, not yours. Please report it with: {words}\n")
        sys.exit(OUR_FAULT)
