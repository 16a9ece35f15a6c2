"""The load stories: one file a story, `async def story(turn)`, and its thresholds in TOML beside it.

A story does not know whether it is told under Locust, on real sockets, or in a simulated mesh. What it may
set: `WEIGHT`, how often it is told among others; `SETTINGS` and `POLICIES` of a target that is started for
it alone; `NEEDS`, verbs of `conformance.drivers` that people of the target must know, and
`left_out(target)`, what is not told where they know less; `prepare(world)`, told once before the first;
`meanwhile(world)`, told beside all others; `SIMULATED`, that it can be told in virtual time only, and
`measure(world)`, what it is about then.
"""

import pkgutil
from functools import lru_cache
from importlib import import_module
from types import ModuleType


class UnknownStory(LookupError):
    """There is no story of that name."""


def names() -> list[str]:
    """All stories, and `mixed`, which is all of them by weight."""
    return sorted([*own(), "mixed"])


@lru_cache(1)  # asked for with every telling
def own() -> list[str]:
    """The stories that are files."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name for name in found if not name.startswith("_"))


@lru_cache
def load(name: str) -> ModuleType:
    """The module of a story; UnknownStory says which there are."""
    if name not in own():
        raise UnknownStory(f"there is no story {name!r}; there are: {', '.join(names())}")
    return import_module(f"loadtests.stories.{name}")


def chosen(name: str) -> dict[str, float]:
    """The stories that a name means, with weights."""
    if name != "mixed":
        load(name)
        return {name: 1.0}
    found = {one: float(getattr(load(one), "WEIGHT", 1.0)) for one in own()}
    return {one: weight for one, weight in found.items() if weight > 0}


def simulated(name: str) -> bool:
    """Whether a story can be told in virtual time only."""
    return name != "mixed" and getattr(load(name), "SIMULATED", False)
