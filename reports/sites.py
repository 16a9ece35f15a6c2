"""Where the sites of a served mesh are, and who can sign in there, as a table for the terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

SHOWN = 4
"""Users of a site that are shown; the rest are in the JSON."""


def render(told: Mapping[str, Any], console: Console) -> None:
    """Print it."""
    table = Table(box=None, pad_edge=False)
    # A site with an address of its own has its name in its URL.
    apart = bool(told["dns"])
    for title in (*(("URL", "address") if apart else ("site", "URL")), "user", "password"):
        table.add_column(title, no_wrap=True)
    for site in told["sites"]:
        users = site["users"][:SHOWN]
        more = site["users_in_all"] - len(users)
        where = (site["url"], site["address"]) if apart else (site["name"], site["url"])
        for number, user in enumerate(users):
            table.add_row(*(where if number == 0 else ("", "")), user["name"], user["password"])
        if more or not users:
            table.add_row(*(("", "") if users else where), f"and {more} more", "")
    console.print(table)
    if told["directory"]:
        console.print(f"directory: {told['directory']}", soft_wrap=True)
    if told["ca"]:
        console.print(f"trust this authority: {told['ca']}", soft_wrap=True)
    if told["dns"]:
        first = told["sites"][0]
        host, _, port = first["host"].partition(":")
        port = port or ("443" if first["url"].startswith("https") else "80")
        console.print(
            f"names are answered at {told['dns']}; for programs that cannot ask there:", soft_wrap=True
        )
        for words in (
            f"curl --resolve {host}:{port}:{first['address']}",
            f'chromium --host-resolver-rules="MAP {host} {first["address"]}"',
        ):
            console.print(f"  {words}", soft_wrap=True, markup=False, highlight=False)
    console.print("\nPages are at each URL, files at URL/dav/files/USER/. Ctrl-C ends it.")
