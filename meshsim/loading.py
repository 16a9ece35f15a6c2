"""`meshsim load`: asks the load tests, which travel with the package, and shows what they found."""

from typing import Annotated, Any

import typer
from msgspec.structs import replace

from meshsim.terminal import (
    MISUSE,
    OUR_FAULT,
    WRONG,
    Json,
    check_writable,
    make_console,
    misuse,
    needing,
    write_json,
    write_text,
)


def load(
    story: Annotated[
        str, typer.Argument(help="invite, share, ratelimit, webdav, token, outage, offer or mixed.")
    ] = "share",
    target: Annotated[
        str, typer.Argument(metavar="[TARGET]", help="URL of an OCM site; a mesh is served if there is none.")
    ] = "",
    rate: Annotated[float | None, typer.Option(help="Stories a second, at the highest.")] = None,
    duration: Annotated[float | None, typer.Option(help="Seconds in which stories begin.")] = None,
    peers: Annotated[int | None, typer.Option(help="Sites of our own that take part.")] = None,
    arrival: Annotated[
        str, typer.Option(help="constant, ramp, spike, stairs, day, poisson, or CURVE+poisson.")
    ] = "constant",
    seed: Annotated[int, typer.Option(help="The same seed gives the same stories.")] = 0,
    sites: Annotated[int, typer.Option(min=1, max=100, help="Without a target: sites that are served.")] = 1,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="In virtual time: a day in minutes, repeatable by seed.")
    ] = False,
    users: Annotated[
        int | None, typer.Option(min=1, max=10_000, help="Stories at once, at most. [default: by the rate]")
    ] = None,
    processes: Annotated[int, typer.Option(help="Generators, each a worker of Locust's master.")] = 1,
    accounts: Annotated[
        str, typer.Option(metavar="FILE", help="Who may act there: what `meshsim serve --json` prints.")
    ] = "",
    driver: Annotated[
        str,
        typer.Option(metavar="NAME", help="Who makes users of another kind of site act, as for check."),
    ] = "",
    login: Annotated[
        str, typer.Option(metavar="FILE", help="Lines NAME:PASSWORD of users of the target.")
    ] = "",
    user: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Somebody who lives at the target; repeatable.")
    ] = None,
    dav: Annotated[
        str,
        typer.Option(metavar="PATH", help="Where users of any other site have their files, with {user}."),
    ] = "",
    thresholds: Annotated[
        str, typer.Option(metavar="FILE", help="Limits in TOML, instead of the story's own.")
    ] = "",
    may_load: Annotated[
        list[str] | None,
        typer.Option("--yes-i-may-load", metavar="HOST", help="A target beyond loopback; repeatable."),
    ] = None,
    ca: Annotated[str, typer.Option(metavar="FILE", help="An authority to trust for the target.")] = "",
    tls: Annotated[
        bool, typer.Option("--tls", help="Without a target: what is served, and our sites, are on https.")
    ] = False,
    peer_host: Annotated[
        str,
        typer.Option(
            metavar="HOST[:PORT]", help="Where a target elsewhere reaches our sites: ports from PORT on."
        ),
    ] = "",
    peer_ca: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="For a target on https: an authority that vouches for our sites; made if there is none.",
        ),
    ] = "",
    peer_cert: Annotated[
        str, typer.Option(metavar="FILE", help="Or a certificate of theirs and its key (PEM).")
    ] = "",
    find_capacity: Annotated[
        bool, typer.Option("--find-capacity", help="Search the highest rate at which the limits are kept.")
    ] = False,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="Two targets in turn: is B faster, slower or the same?"),
    ] = None,
    target_seed: Annotated[
        int, typer.Option(help="Of a served mesh, if there are no --accounts.", show_default=True)
    ] = 0,
    json: Json = None,
    html: Annotated[str, typer.Option(metavar="FILE", help="Write the result as a page.")] = "",
    csv: Annotated[str, typer.Option(metavar="FILE", help="Write each second for a spreadsheet.")] = "",
    prometheus: Annotated[str, typer.Option(metavar="FILE", help="Write it for Prometheus.")] = "",
) -> None:
    """Load a site with whole peers, keep the books, and judge what became of everything."""
    from meshsim import bundle

    pages = {"load_page": html, "load_csv": csv, "load_prometheus": prometheus}
    for path in (json, *filter(None, pages.values())):
        check_writable(path)
    with needing("load", "gevent", "hdrh", "locust"):
        runs = bundle.load("loadtests", "load")
    asked = runs.Asked(
        story=story,
        target=target,
        rate=rate,
        duration=duration,
        peers=peers,
        arrival=arrival,
        seed=seed,
        target_seed=target_seed,
        simulated=simulated,
        users=users,
        sites=sites,
        processes=processes,
        accounts=accounts,
        driver=driver,
        login=login,
        people=tuple(user or ()),
        dav=dav,
        limits=thresholds,
        allowed=tuple(may_load or ()),
        authority=ca,
        tls=tls,
        peer_host=peer_host,
        peer_ca=peer_ca,
        peer_cert=peer_cert,
    )
    console = make_console(stderr=json == "-")
    view = bundle.load("reports", "load_live").View
    try:
        asked = asked.settled()
        title = f"{asked.story}, {asked.rate:g} a second"
        with view(make_console(stderr=True), title, asked.duration) as seen:
            if compare is not None or find_capacity:
                found = _several(runs, asked, compare, seen)
            else:
                found = runs.run(asked, seen.told)
    except runs.Misused as error:
        misuse(str(error))
    if json is not None:
        write_json(json, {name: value for name, value in found.items() if name != "status"})
    if compare is not None or find_capacity:
        good = bundle.load("reports", "load_runs").render(found, console)
        raise typer.Exit(0 if good else WRONG)
    for form, path in pages.items():
        if path:
            write_text(path, bundle.load("reports", form).render(found))
    bundle.load("reports", "load").render(found, console)
    if not found["ok"]:
        status_of = {2: MISUSE, 3: OUR_FAULT}
        raise typer.Exit(status_of.get(found.get("status", WRONG), WRONG))


def _several(runs: Any, asked: Any, targets: tuple[str, str] | None, view: Any) -> dict[str, Any]:
    """Many runs: to find an edge, or to compare."""
    from meshsim import bundle

    if targets is not None:
        first, second = (replace(asked, target=one).settled() for one in targets)
        compared: dict[str, Any] = bundle.load("loadtests", "compare").compared(
            lambda one: runs.run(one, view.told), first, second, tell=view.doing
        )
        return compared
    with runs.standing(asked) as there:
        found: dict[str, Any] = bundle.load("loadtests", "capacity").found(
            lambda rate, number: runs.run(replace(there, rate=rate, seed=there.seed + number), view.told),
            there.rate,
            view.doing,
        )
    return found
