"""Homes that come into being when they are first touched."""

from collections.abc import Callable, Mapping

from meshsim.storage import Storage
from meshsim.storage._paths import names

Populate = Callable[[str], Mapping[str, bytes] | None]
"""What is in a home at first, by relative path; a name that ends in "/" is an empty folder.

None if there is no such user; then nothing is at that path.
"""


def plant(storage: Storage, home: str, content: Mapping[str, bytes]) -> None:
    """Make a home and what belongs in it, with the folders between."""
    storage.make_folder(f"/{home}")
    for name, data in content.items():
        parts = names(f"/{home}/{name.rstrip('/')}")
        folders = len(parts) if name.endswith("/") else len(parts) - 1
        for depth in range(2, folders + 1):
            folder = "/" + "/".join(parts[:depth])
            if storage.stat(folder) is None:
                storage.make_folder(folder)
        if not name.endswith("/"):
            storage.write("/" + "/".join(parts), data)
