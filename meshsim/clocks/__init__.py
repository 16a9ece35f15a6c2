"""How a site's clock relates to true time: a callable from true seconds to the site's seconds.

A plug-in offers `build(**options) -> Skew`.
"""

from collections.abc import Callable

Skew = Callable[[float], float]


def right(now: float) -> float:
    """A clock that is never wrong."""
    return now
