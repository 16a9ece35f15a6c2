"""invites is advertised without inviteAcceptDialog."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "discovery"
BREAKS = ("OCM-DISC-054",)
SEEN = ("FB-016",)


def build() -> Departure:
    """Nobody can be sent there."""

    def change(document):
        document.pop("inviteAcceptDialog")

    return says("discovery", change)
