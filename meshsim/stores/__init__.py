"""Where a site's records are kept: rows in tables, written in atomic groups.

A plug-in offers `build(...) -> Store`. Rows are frozen values (msgspec structs). What `commit`
returned from survives a crash of the site.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import msgspec


class Put(msgspec.Struct, frozen=True):
    """Write one row; `group` is what `rows` finds it by (a user, a host)."""

    table: str
    key: str
    row: Any
    group: str = ""


class Drop(msgspec.Struct, frozen=True):
    """Remove one row; nothing happens if it is not there."""

    table: str
    key: str


class Store(Protocol):
    """Rows by table and key. Order of `rows` is order of first writing."""

    def get(self, table: str, key: str) -> Any:
        """The row, or None."""
        ...

    def rows(self, table: str, group: str | None = None) -> Iterator[Any]:
        """All rows of a table, or of one group in it; safe against changes meanwhile."""
        ...

    def commit(self, changes: Sequence[Put | Drop]) -> None:
        """Make all changes or none of them."""
        ...
