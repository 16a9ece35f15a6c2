"""Certificates of other servers are not verified."""

from conformance.mutants._parts import settings
from meshsim.departure import Departure

AREA = "trust"
BREAKS = ()
SEEN = ("FB-019",)
HIDDEN = "simulated hosts have no certificates; on sockets the suite needs an authority that the site trusts"


def build() -> Departure:
    """As the standard site."""
    return settings()
