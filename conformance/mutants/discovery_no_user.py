"""A resource type cannot be shared with users."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "discovery"
BREAKS = ("OCM-DISC-020",)
SEEN = ("FB-052",)


def build() -> Departure:
    """Only groups are left."""

    def change(document):
        document["resourceTypes"][1]["shareTypes"] = ["group"]

    return says("discovery", change)
