"""A resource type has no protocols."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "discovery"
BREAKS = ("OCM-DISC-016",)
SEEN = ("ownCloud 10 and its list of other shape",)


def build() -> Departure:
    """The member is missing."""

    def change(document):
        document["resourceTypes"][1].pop("protocols")

    return says("discovery", change)
