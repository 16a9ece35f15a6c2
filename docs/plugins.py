"""Makes `plugins.md`: what there is to choose from, as the files say it themselves."""

import inspect
import sys
from collections.abc import Callable
from importlib import import_module

from meshsim import plugins

HEAD = """\
# Plug-ins

What varies is one file in one of these folders of `meshsim/`; the name of the file is the name of the
plug-in, and the folder's `__init__.py` holds the contract. [Contributing](contributing.md) says how to add
one. This page is made from the files by `nox -s docs`.
"""


def first(text: str | None) -> str:
    """The first paragraph of a docstring, in one line."""
    return " ".join(inspect.cleandoc(text or "").partition("\n\n")[0].split())


def options(build: Callable[..., object]) -> str:
    """What a plug-in takes, with the defaults; types stand in the file."""
    taken = inspect.signature(build).parameters.values()
    return ", ".join(str(p.replace(annotation=inspect.Parameter.empty)) for p in taken)


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for folder in plugins.FOLDERS:
        parts += [f"## {folder}\n", f"{first(import_module(f'meshsim.{folder}').__doc__)}\n"]
        rows = []
        for name in plugins.names(folder):
            build = plugins.load(folder, name)
            takes = f"`{options(build)}`" if options(build) else "none"
            rows.append(f"| `{name}` | {takes} | {first(import_module(build.__module__).__doc__)} |")
        if rows:
            parts.append("\n".join(["| name | options | what it is |", "|---|---|---|", *rows]) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page())
