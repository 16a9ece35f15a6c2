"""Records in dictionaries: the store of a simulated site.

It outlives a crash of the site because the mesh, not the site, holds it.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from meshsim.stores import Drop, Put, Store, Stores, check


class _Table:
    """The last change of each row by its key, in order of first writing, and that order within each group."""

    __slots__ = ("groups", "puts")

    def __init__(self) -> None:
        self.puts: dict[str, Put] = {}
        self.groups: dict[str, dict[str, None]] = {}

    def put(self, change: Put) -> None:
        key, group = change.key, change.group
        known = self.puts.get(key)
        self.puts[key] = change
        if known is None:
            members = self.groups.get(group)
            if members is None:
                members = self.groups[group] = {}
            members[key] = None
        elif known.group != group:
            # A row that changes its group keeps its place in the order of first writing.
            self._forget(known)
            self.groups[group] = {put.key: None for put in self.puts.values() if put.group == group}

    def drop(self, key: str) -> None:
        known = self.puts.pop(key, None)
        if known is not None:
            self._forget(known)

    def _forget(self, known: Put) -> None:
        members = self.groups[known.group]
        del members[known.key]
        if not members:
            del self.groups[known.group]


class MemoryStore:
    """Rows by table and key; see `meshsim.stores.Store`."""

    __slots__ = ("_tables",)

    def __init__(self) -> None:
        self._tables: dict[str, _Table] = {}

    def get(self, table: str, key: str) -> Any:
        """The row, or None."""
        found = self._tables.get(table)
        put = None if found is None else found.puts.get(key)
        return None if put is None else put.row

    def rows(self, table: str, group: str | None = None) -> Iterator[Any]:
        """All rows of a table, or of one group in it, as they are now."""
        found = self._tables.get(table)
        if found is None:
            return iter(())
        if group is None:
            return iter([put.row for put in found.puts.values()])
        return iter([found.puts[key].row for key in found.groups.get(group, ())])

    def commit(self, changes: Sequence[Put | Drop]) -> None:
        """Make all changes or none; TypeError for what is no change."""
        for change in changes:
            # Most are seen to be right without a call.
            if (
                type(change) is not Put
                or not type(change.table) is type(change.key) is type(change.group) is str
                or change.row is None
            ):
                check(change)
        tables = self._tables
        for change in changes:
            table = tables.get(change.table)
            if type(change) is Put:
                if table is None:
                    table = tables[change.table] = _Table()
                table.put(change)
            elif table is not None:
                table.drop(change.key)


class MemoryStores:
    """The stores of a mesh that nothing outlives."""

    def of(self, site: str) -> Store:
        """An empty store."""
        return MemoryStore()

    def close(self) -> None:
        """Nothing is held."""


def build(folder: Path | None = None, types: Mapping[str, type] = {}) -> Stores:
    """Empty stores; neither a folder nor the types of rows are used."""
    return MemoryStores()
