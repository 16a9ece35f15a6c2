"""Every configuration of the standard site, as targets: all of them, or few in which each two values meet.

The values of an axis are what there is: a new kind of token or key is in the matrix the day it appears.
"""

import itertools
from collections.abc import Iterator
from random import Random

from meshsim import plugins
from meshsim.ocm.keys import SIGNING

Choice = tuple[str, ...]
"""One value of each axis, each the part of a target's options; some are empty."""

NEVER_A_SECRET = ("exchanged",)
"""A kind of token that must expire, which the secret of a share does not."""


def axes() -> tuple[Choice, ...]:
    """Signatures, exchange, what else is demanded, secrets, tokens, keys."""
    kinds = plugins.names("tokens")
    return (
        ("", "signed=false"),
        ("", "exchange=false", "must-exchange-token"),
        ("", "must-use-http-sig", "must-invite"),
        tuple(f"secret_kind={kind}" for kind in kinds if kind not in NEVER_A_SECRET),
        tuple(f"token_kind={kind}" for kind in kinds),
        tuple(f"key_algorithm={algorithm}" for algorithm in SIGNING),
    )


def target(choice: Choice) -> str:
    """What `meshsim check` takes."""
    criteria = [value for value in choice if value.startswith("must-")]
    options = [value for value in choice if value and value not in criteria]
    if criteria:
        options.append(f"criteria={'+'.join(criteria)}")
    return f"sim:standard:{','.join(options)}"


def sensible(choice: Choice) -> bool:
    """Who cannot check a signature does not demand one."""
    return not {"signed=false", "must-use-http-sig"} <= set(choice)


def everything() -> list[Choice]:
    """The cross product."""
    return [choice for choice in itertools.product(*axes()) if sensible(choice)]


def covering(seed: int = 0) -> list[Choice]:
    """Few choices in which every two values that can meet do; another seed gives other company."""
    chance = Random(seed)  # noqa: S311 - repeatable
    candidates = everything()
    chance.shuffle(candidates)
    missing = set().union(*map(pairs, candidates))
    found = []
    while missing:
        best = max(candidates, key=lambda choice: len(missing.intersection(pairs(choice))))
        missing.difference_update(pairs(best))
        found.append(best)
    return found


def pairs(choice: Choice) -> Iterator[tuple[tuple[int, str], tuple[int, str]]]:
    """Every two values of it, with their axes."""
    return itertools.combinations(enumerate(choice), 2)
