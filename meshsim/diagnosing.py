"""The command that looks at a site before it is tested: doctor."""

from typing import Annotated

import typer

from meshsim.terminal import WRONG, Json, check_writable, make_console, misuse, write_json


def doctor(
    url: Annotated[str, typer.Argument(help="https://HOST or https://HOST:PORT.")],
    peer: Annotated[
        str | None,
        typer.Option(metavar="HOST[:PORT]", help="This machine as the site reaches it: can it call peers?"),
    ] = None,
    peer_cert: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="For --peer at an https site: a PEM file with certificate and key."
        ),
    ] = None,
    ca: Annotated[
        str | None, typer.Option(metavar="FILE", help="An authority to trust besides those of the system.")
    ] = None,
    json: Json = None,
) -> None:
    """Look at a site before it is tested: name, TLS, discovery, keys, clock; and what to do about each."""
    from meshsim import __version__, bundle

    check_writable(json)
    doctors = bundle.load("conformance", "doctor")
    render = bundle.load("reports", "doctor")
    console = make_console(stderr=json == "-")
    try:
        patient = doctors.Patient(url, ca=ca, peer=peer, certificate=peer_cert)
    except ValueError as error:
        misuse(str(error))
    found = []
    try:
        for entry in doctors.examine(patient):
            found.append(entry)
            render.entry(entry, console)
    finally:
        patient.close()
    report = doctors.report(url, __version__, found)
    if json is not None:
        write_json(json, report)
    render.render(report, console)
    if not report["ok"]:
        raise typer.Exit(WRONG)
