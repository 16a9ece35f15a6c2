"""How one site of a mesh departs from what its plan says: what is put around its profile, ports and face.

So a single odd server is made out of ordinary ones, without a dialect or a policy of its own.
"""

from collections.abc import Callable

import msgspec

from meshsim.network.hosts import Handler
from meshsim.site.ports import Ports
from meshsim.site.profile import Profile


class Departure(msgspec.Struct, frozen=True):
    """Each takes what the site would have had and gives what it has instead."""

    profile: Callable[[Profile], Profile] = lambda profile: profile
    """Its accent, policy, tokens, limits, and the services it is made of."""
    ports: Callable[[Ports], Ports] = lambda ports: ports
    """Its network, clock, chance, records, files and users."""
    face: Callable[[Handler], Handler] = lambda handler: handler
    """What answers its requests."""


NONE = Departure()
