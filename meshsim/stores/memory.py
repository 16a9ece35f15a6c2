"""Records in dictionaries: the store of a simulated site.

It outlives a crash of the site because the mesh, not the site, holds it.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from meshsim.stores import Drop, Put, Store, Stores, check


class _Table:
    """Rows by key in order of first writing, and the same order within each group."""

    __slots__ = ("groups", "index", "rows")

    def __init__(self) -> None:
        self.rows: dict[str, Any] = {}
        self.groups: dict[str, str] = {}
        self.index: dict[str, dict[str, None]] = {}

    def put(self, key: str, row: Any, group: str) -> None:
        known = self.groups.get(key)
        self.rows[key] = row
        if known == group:
            return
        self.groups[key] = group
        if known is None:
            members = self.index.get(group)
            if members is None:
                members = self.index[group] = {}
            members[key] = None
            return
        # A row that changes its group keeps its place in the order of first writing.
        self._forget(key, known)
        self.index[group] = {other: None for other in self.rows if self.groups[other] == group}

    def drop(self, key: str) -> None:
        if key in self.rows:
            del self.rows[key]
            self._forget(key, self.groups.pop(key))

    def _forget(self, key: str, group: str) -> None:
        members = self.index[group]
        del members[key]
        if not members:
            del self.index[group]


class MemoryStore:
    """Rows by table and key; see `meshsim.stores.Store`."""

    __slots__ = ("_tables",)

    def __init__(self) -> None:
        self._tables: dict[str, _Table] = {}

    def get(self, table: str, key: str) -> Any:
        """The row, or None."""
        found = self._tables.get(table)
        return None if found is None else found.rows.get(key)

    def rows(self, table: str, group: str | None = None) -> Iterator[Any]:
        """All rows of a table, or of one group in it, as they are now."""
        found = self._tables.get(table)
        if found is None:
            return iter(())
        if group is None:
            return iter(list(found.rows.values()))
        return iter([found.rows[key] for key in found.index.get(group, ())])

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
                table.put(change.key, change.row, change.group)
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
