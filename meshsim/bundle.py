"""Where the suites are: the checkout, or the copy that the wheel carries inside the package.

The suites (scenarios, reports and their like) are folders beside `meshsim`. Installed, they are
never top-level names, so a user's own `reports/` stays what `import reports` means. Only a process
of ours, such as the command line, calls `load`, which puts the suites first on its own path.
"""

import importlib
import pkgutil
import sys
from pathlib import Path
from types import ModuleType

SUITES = ("conformance", "loadtests", "reports", "scenarios")


class UnknownModule(LookupError):
    """There is no such suite, or no file of that name in it."""


def root() -> Path:
    """The folder that holds the suites."""
    package = Path(__file__).resolve().parent
    carried = package / "_bundle"
    return carried if carried.is_dir() else package.parent


def names(suite: str) -> list[str]:
    """The public modules of a suite, sorted; none if this installation does not carry it."""
    if suite not in SUITES:
        raise UnknownModule(f"no suite named {suite!r}; there are: {', '.join(SUITES)}")
    modules = pkgutil.iter_modules([str(root() / suite)])
    return sorted(m.name for m in modules if not m.name.startswith("_"))


def load(suite: str, name: str) -> ModuleType:
    """One module of a suite. From then on the suites are first on this process's path."""
    known = names(suite)
    if name not in known:
        raise UnknownModule(f"there is no {suite.removesuffix('s')} {name!r}, but: {', '.join(known)}")
    place = str(root())
    if sys.path[:1] != [place]:
        sys.path.insert(0, place)
    return importlib.import_module(f"{suite}.{name}")
