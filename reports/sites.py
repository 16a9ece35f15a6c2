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
    for title in ("site", "URL", "user", "password"):
        table.add_column(title, no_wrap=True)
    for site in told["sites"]:
        users = site["users"][:SHOWN]
        more = site["users_in_all"] - len(users)
        for number, user in enumerate(users):
            first = (site["name"], site["url"]) if number == 0 else ("", "")
            table.add_row(*first, user["name"], user["password"])
        if more or not users:
            table.add_row(*(("", "") if users else (site["name"], site["url"])), f"and {more} more", "")
    console.print(table)
    if told["directory"]:
        console.print(f"directory: {told['directory']}", soft_wrap=True)
    if told["ca"]:
        console.print(f"trust this authority: {told['ca']}", soft_wrap=True)
    if told["dns"]:
        console.print(f"names are answered at {told['dns']}", soft_wrap=True)
    console.print("\nPages are at each URL, files at URL/dav/files/USER/. Ctrl-C ends it.")
