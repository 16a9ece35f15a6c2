"""enabled is a text."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "discovery"
BREAKS = ("OCM-DISC-011",)
SEEN = ("settings that are strings in their store",)


def build() -> Departure:
    """Every text is true somewhere."""

    def change(document):
        document["enabled"] = "yes"

    return says("discovery", change)
