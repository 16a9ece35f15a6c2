"""Where a site's records are kept: rows in tables, written in atomic groups.

A plug-in offers `build(folder=None, types={}, **options) -> Stores`. Rows are frozen values: msgspec
structs in tables that `types` names, text, numbers or bytes in others. What `commit` returned from survives
a crash of the site.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import msgspec


class Put(msgspec.Struct, frozen=True, gc=False):
    """Write one row; `group` is what `rows` finds it by (a user, a host)."""

    table: str
    key: str
    row: Any
    group: str = ""


class Drop(msgspec.Struct, frozen=True, gc=False):
    """Remove one row; nothing happens if it is not there."""

    table: str
    key: str


class Store(Protocol):
    """Rows by table and key. Order of `rows` is order of first writing."""

    def getter(self, table: str) -> Callable[[str], Any]:
        """What finds the row of a key in that table, or None; it stays good for as long as the store does."""
        ...

    def rows(self, table: str, group: str | None = None) -> Iterator[Any]:
        """All rows of a table, or of one group in it; safe against changes meanwhile."""
        ...

    def commit(self, changes: Sequence[Put | Drop]) -> None:
        """Make all changes or none of them."""
        ...


class Stores(Protocol):
    """The stores of a mesh, kept in one place."""

    def of(self, site: str) -> Store:
        """The store of one site."""
        ...

    def close(self) -> None:
        """Let go of what is held; the stores cannot be used afterwards."""
        ...


def check(change: Put | Drop) -> None:
    """TypeError unless it is a change with text, and a row, where they belong."""
    kind = type(change)
    if kind is not Put and kind is not Drop:
        raise TypeError(f"not a change: {change!r}")
    if type(change.table) is not str or type(change.key) is not str:
        raise TypeError(f"table and key must be text: {change!r}")
    if isinstance(change, Put) and (change.row is None or type(change.group) is not str):
        raise TypeError(f"a row is missing or its group is not text: {change!r}")
