"""Records in dictionaries: the store of a simulated site.

It outlives a crash of the site because the mesh, not the site, holds it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from meshsim.stores import Drop, Put, Store, Stores, check


class _Table:
    """Rows by key, in order of first writing, and that order within each group.

    What is in no group is in `rows` alone.
    """

    __slots__ = ("group_of", "groups", "rows")

    def __init__(self) -> None:
        self.rows: dict[str, Any] = {}
        self.group_of: dict[str, str] = {}
        self.groups: dict[str, dict[str, None]] = {}

    def join(self, key: str, group: str) -> None:
        """Put a row that is about to be written into a group, out of the one that it was in."""
        if key in self.group_of:
            self.leave(key)
        if group:
            self.group_of[key] = group
            members = self.groups.get(group)
            if members is None:
                members = self.groups[group] = {}
            members[key] = None
            if key in self.rows:
                # A row that changes its group keeps its place in the order of first writing.
                self.groups[group] = {name: None for name in self.rows if name in members}

    def leave(self, key: str) -> None:
        """Take a row out of the group that it is in."""
        group = self.group_of.pop(key)
        members = self.groups[group]
        del members[key]
        if not members:
            del self.groups[group]

    def members(self, group: str) -> list[Any]:
        """The rows of a group; those that are in none have the group ""."""
        if group:
            return [self.rows[key] for key in self.groups.get(group, ())]
        return [row for key, row in self.rows.items() if key not in self.group_of]


class MemoryStore:
    """Rows by table and key; see `meshsim.stores.Store`."""

    __slots__ = ("_tables",)

    def __init__(self) -> None:
        self._tables: defaultdict[str, _Table] = defaultdict(_Table)

    def getter(self, table: str) -> Callable[[str], Any]:
        """What finds the row of a key in that table, or None."""
        return self._tables[table].rows.get

    def rows(self, table: str, group: str | None = None) -> Iterator[Any]:
        """All rows of a table, or of one group in it, as they are now."""
        found = self._tables[table]
        return iter(list(found.rows.values()) if group is None else found.members(group))

    def commit(self, changes: Sequence[Put | Drop]) -> None:
        """Make all changes or none; TypeError for what is no change."""
        for change in changes:
            # Joining raises TypeError for what is no text.
            if type(change) is Put and change.row is not None:
                "".join((change.table, change.key, change.group))
            elif type(change) is Drop:
                "".join((change.table, change.key))
            else:
                check(change)
        tables = self._tables
        for change in changes:
            key, table = change.key, tables[change.table]
            if type(change) is Put:
                group = change.group
                if (group or table.group_of) and group != table.group_of.get(key, ""):
                    table.join(key, group)
                table.rows[key] = change.row
            else:
                table.rows.pop(key, None)
                if key in table.group_of:
                    table.leave(key)


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
