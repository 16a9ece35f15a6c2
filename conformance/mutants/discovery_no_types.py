"""resourceTypes is empty."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "discovery"
BREAKS = ("OCM-DISC-017",)
SEEN = ("OCM-DISC-017: a site that was never configured",)


def build() -> Departure:
    """Nothing is offered."""

    def change(document):
        document["resourceTypes"] = []

    return says("discovery", change)
