"""Faulty sites that the suite must catch: one file is one mutant, and its name with hyphens is the slug.

A file holds
    AREA    one of AREAS
    BREAKS  ids of the requirements it really breaks
    SEEN    where it was seen: ids of the catalogue of field bugs (FB-001), an issue, or a sentence
    CONFIGURATION  optional: options of `sim:standard:...` without which the fault could not be seen
    HIDDEN  optional: why nobody can tell it from outside; then it does not count
    build() -> meshsim.departure.Departure
and its docstring says what it does wrong.
"""

import importlib
import pkgutil

import msgspec

from meshsim.departure import Departure

AREAS = (
    *("discovery", "invite", "share", "notification", "token", "signature", "webdav", "trust", "rate-limit"),
    *("security", "consistency"),
)


class Mutant(msgspec.Struct, frozen=True):
    """One faulty site."""

    slug: str
    story: str
    area: str
    breaks: tuple[str, ...]
    seen: tuple[str, ...]
    configuration: str
    hidden: str
    module: str

    def build(self) -> Departure:
        """What makes it faulty."""
        departure: Departure = importlib.import_module(self.module).build()
        return departure


def names() -> list[str]:
    """All slugs, sorted."""
    modules = pkgutil.iter_modules(__path__)
    return sorted(m.name.replace("_", "-") for m in modules if not m.name.startswith("_"))


def load(slug: str) -> Mutant:
    """One mutant; ValueError says which there are."""
    if slug not in names():
        raise ValueError(f"no mutant {slug!r}; there are: {', '.join(names())}")
    name = f"{__name__}.{slug.replace('-', '_')}"
    module = importlib.import_module(name)
    return Mutant(
        slug,
        (module.__doc__ or "").strip(),
        module.AREA,
        tuple(module.BREAKS),
        tuple(module.SEEN),
        getattr(module, "CONFIGURATION", ""),
        getattr(module, "HIDDEN", ""),
        name,
    )
