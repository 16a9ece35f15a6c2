"""Plug-ins by name: one file in a folder is one plug-in, and its file name is its name."""

import importlib
import pkgutil
from typing import Any

FOLDERS = (
    "attackers",
    "clocks",
    "dialects",
    "faults",
    "invariants",
    "policies",
    "storage",
    "stores",
    "tokens",
)
"""What varies; the `__init__` of each holds the contract of its plug-ins."""


WORDS = {"policies": "policy", "storage": "storage"}
"""What one plug-in of a folder is called, where that is not the folder's name without its s."""


class UnknownPlugin(LookupError):
    """There is no file of that name in the folder."""


def names(folder: str) -> list[str]:
    """The plug-ins in `meshsim/<folder>/`, sorted."""
    package = importlib.import_module(f"meshsim.{folder}")
    return sorted(m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_"))


def load(folder: str, name: str) -> Any:
    """The `build` of one plug-in; what it takes is said in the folder's `__init__`."""
    known = names(folder)
    if name not in known:
        word = WORDS.get(folder, folder.removesuffix("s"))
        raise UnknownPlugin(f"there is no {word} {name!r}, but: {', '.join(known)}")
    return importlib.import_module(f"meshsim.{folder}.{name}").build
