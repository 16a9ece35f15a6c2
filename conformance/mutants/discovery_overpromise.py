"""Discovery lists an invite endpoint that nobody built."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "discovery"
BREAKS = ("OCM-DISC-037",)
SEEN = ("FB-011",)


def build() -> Departure:
    """The capability stays."""
    return answers("/ocm/invite-accepted", lambda request, response: Response(404))
