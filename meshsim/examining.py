"""The commands of the conformance suite: check, report, diff, verify, explain, mutants."""

from functools import partial
from typing import Annotated, Any

import typer

from meshsim import reporting
from meshsim.terminal import (
    OUR_FAULT,
    STOPPED,
    WRONG,
    Json,
    check_writable,
    make_console,
    misuse,
    stoppable,
    write_json,
)

Only = Annotated[
    list[str] | None,
    typer.Option(metavar="WORD", help="Only tests with this in their name; may be given several times."),
]


TARGETS = (
    "https://HOST; sim:NAME[:OPTION=VALUE,...], such as sim:standard; mutant:SLUG; image:NAME; or FILE.har."
)
"""What can be examined."""

REACH = "The way to a real site"
"""Where --help shows these options."""

Tests = Annotated[
    list[str] | None,
    typer.Option(metavar="FILE", help="Tests of your own, beside those of the suite: test_*.py; repeatable."),
]


def check(
    target: Annotated[str, typer.Argument(metavar="TARGET", help=TARGETS)],
    json: reporting.Facts = None,
    html: reporting.Html = None,
    junit: reporting.Junit = None,
    markdown: reporting.Markdown = None,
    badge: reporting.Badge = None,
    bundle_file: Annotated[
        str | None,
        typer.Option(
            "--bundle",
            rich_help_panel=reporting.PANEL,
            metavar="FILE.zip",
            help="Write verdicts and evidence.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List what would be run; send nothing.")] = False,
    only: Only = None,
    tests: Tests = None,
    peer: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=REACH,
            metavar="HOST[:PORT]",
            help="Where the site reaches servers of the suite: ports from PORT on, or names *.HOST:PORT.",
        ),
    ] = None,
    peer_cert: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=REACH,
            metavar="FILE",
            help="Their certificate and key (PEM), for a site on https.",
        ),
    ] = None,
    ca: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=REACH, metavar="FILE", help="Another authority that vouches for the site."
        ),
    ] = None,
    driver: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=REACH,
            metavar="NAME",
            help="Who makes its users act: simulated, opencloudmesh_go, manual.",
        ),
    ] = None,
    user: Annotated[
        list[str] | None,
        typer.Option(rich_help_panel=REACH, metavar="NAME", help="Somebody who lives at the site."),
    ] = None,
    login: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=REACH, metavar="FILE", help="Lines NAME:PASSWORD of users for the driver."
        ),
    ] = None,
    message: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Send one message again that failed before, and nothing else."),
    ] = None,
    expect: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Failures that are known, in conformance/expectations/."),
    ] = None,
) -> None:
    """Examine a site: which requirement it meets, breaks or does not offer."""
    from meshsim import bundle, kept

    targets, checking = bundle.load("conformance", "targets"), bundle.load("conformance", "check")
    evidence, render = bundle.load("conformance", "evidence"), bundle.load("reports", "check")
    places = {
        **{"json": json, "bundle": bundle_file, "html": html},
        **{"junit": junit, "markdown": markdown, "badge": badge},
    }
    reporting.check_all(places)
    console = make_console(stderr=json == "-")
    try:
        examined = targets.load(
            target, peer=peer, certificate=peer_cert, ca=ca, driver=driver, users=user, login=login
        )
        if dry_run and examined.real:
            for line in bundle.load("conformance", "rehearsal").lines(examined, only or (), tests or ()):
                typer.echo(line)
            return
        if dry_run:
            for cell in checking.plan(examined, only or (), tests or ()):
                typer.echo(f"{cell.level:10} {cell.severity:8} {cell.requirement:16} {cell.test}")
            return
        again = checking.message(message) if message is not None else None
        if again is not None:
            only = [again["test"].partition("::")[2]]
        reporting.clear(places)
        with stoppable():
            report, suite = checking.run(
                examined,
                only=only or (),
                own=tests or (),
                known=expect,
                planned=lambda plan, suite: reporting.write(
                    evidence.record(plan, suite), places, finished=False
                ),
                progress=render.progress(console),
                message=again,
            )
    except ValueError as error:
        misuse(str(error))
    except checking.Broken as error:
        if only and "deselected" in str(error):
            misuse(f"no test has {' or '.join(only)} in its name")
        typer.echo(f"meshsim: the suite could not be run: {error}", err=True)
        raise typer.Exit(OUR_FAULT) from error
    record = evidence.record(report, suite)
    reporting.write(record, places)
    kept.keep(record, evidence.archive, partial=bool(only))
    render.render(record, console)
    for case in suite.failing:
        path = kept.keep_message(case)
        if path is not None:
            console.print(f"a message that failed can be sent again: meshsim check {target} --message {path}")
    if suite.left:
        left = ", ".join(f"{count} {kind}" for kind, count in suite.left.items())
        console.print(f"left at the site, since it could not be taken back: {left}")
    if suite.interrupted:
        raise typer.Exit(STOPPED)
    if not report["ok"]:
        raise typer.Exit(OUR_FAULT if _only_errors(report) else WRONG)


def report(
    file: Annotated[str, typer.Argument(metavar="BUNDLE", help="What `check --bundle` wrote.")],
    json: reporting.Facts = None,
    html: reporting.Html = None,
    junit: reporting.Junit = None,
    markdown: reporting.Markdown = None,
    badge: reporting.Badge = None,
) -> None:
    """Tell of a check again, from its bundle: on the terminal, or in the forms that are asked for."""
    from meshsim import bundle

    places = {"json": json, "html": html, "junit": junit, "markdown": markdown, "badge": badge}
    reporting.check_all(places)
    evidence = bundle.load("conformance", "evidence")
    try:
        record = evidence.read(file)
    except evidence.Unreadable as error:
        misuse(str(error))
    reporting.write(record, places)
    if not any(places.values()):
        bundle.load("reports", "check").render(record, make_console(stderr=False))


def mutants(
    json: Json = None,
    only: Annotated[list[str] | None, typer.Option(metavar="SLUG", help="Only this one.")] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Only tests that cite what a mutant breaks; the fate is the same.")
    ] = False,
) -> None:
    """Run the suite against faulty sites, each of which it must catch for the right reason."""
    from meshsim import bundle, kept

    check_writable(json)
    reporting.clear({"json": json})
    console = make_console(stderr=json == "-")
    render = bundle.load("reports", "mutants")
    try:
        kill = bundle.load("conformance", "kill")
        with stoppable():
            report = kill.matrix(
                only, lambda row: render.line(row, console), quick=quick, kept=partial(_so_far, json)
            )
    except ValueError as error:
        misuse(str(error))
    if json is not None:
        write_json(json, report)
    if only is None and report["finished"]:
        kept.keep_matrix(report)
    render.render(report, console)
    if not report["finished"] and report["mutants"]:
        raise typer.Exit(STOPPED)
    if not report["ok"]:
        raise typer.Exit(WRONG)


def explain(
    requirement: Annotated[str, typer.Argument(help="Such as OCM-SHARE-116.")],
    bundles: Annotated[
        list[str] | None,
        typer.Option(
            "--bundle", metavar="FILE.zip", help="Evidence from here, and not from the checks made last."
        ),
    ] = None,
    json: Json = None,
) -> None:
    """What a requirement says, who judges it, who breaks it, and the messages seen last."""
    from meshsim import bundle, kept

    check_writable(json)
    explaining, evidence = bundle.load("conformance", "explaining"), bundle.load("conformance", "evidence")
    try:
        name = explaining.find(requirement)
        records = [evidence.read(path) for path in bundles] if bundles else kept.records(evidence.read)
        facts = explaining.explain(name, records, kept.matrix())
    except ValueError as error:
        misuse(str(error))
    if json is not None:
        write_json(json, facts)
    if json != "-":
        bundle.load("reports", "explain").render(facts, make_console(stderr=False))


def diff(
    first: Annotated[str, typer.Argument(metavar="BEFORE", help="A bundle, or what `check --json` wrote.")],
    second: Annotated[str, typer.Argument(metavar="AFTER", help="Another, from a later run.")],
    json: Json = None,
) -> None:
    """Compare two checks; ends with 1 only if something got worse, or the second was cut off."""
    from meshsim import bundle

    check_writable(json)
    comparing = bundle.load("conformance", "comparing")
    try:
        found = comparing.compare(comparing.load(first), comparing.load(second))
    except ValueError as error:
        misuse(str(error))
    if json is not None:
        write_json(json, found)
    bundle.load("reports", "diff").render(found, make_console(stderr=json == "-"))
    if not found["ok"]:
        raise typer.Exit(WRONG)


def verify(
    file: Annotated[str, typer.Argument(metavar="BUNDLE", help="What `check --bundle` wrote.")],
    tests: Tests = None,
    json: Json = None,
) -> None:
    """Recompute the verdicts of a bundle from it alone, and say whether any differ."""
    from meshsim import bundle

    check_writable(json)
    evidence = bundle.load("conformance", "evidence")
    console = make_console(stderr=json == "-")
    try:
        found = evidence.verify(file, tests or ())
    except ValueError as error:
        misuse(str(error))
    if json is not None:
        write_json(json, found)
    for line in found["differ"]:
        console.print(f"[red]✗[/] {line}", soft_wrap=True, markup=True)
    console.print(f"{found['same']} verdicts come out the same, {len(found['differ'])} differ")
    if not found["ok"]:
        raise typer.Exit(WRONG)


def _so_far(path: str | None, report: dict[str, Any]) -> None:
    """What ends a run early leaves a file that says so."""
    if path not in (None, "-"):
        write_json(str(path), report)


def _only_errors(report: dict[str, Any]) -> bool:
    counts = report["counts"]
    return bool(counts["error"]) and not counts["failed"] and not counts["blocked"]
