"""One resource type is listed twice, once for each role."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "discovery"
BREAKS = ("OCM-DISC-018",)
SEEN = ("generated documents of two plug-ins",)


def build() -> Departure:
    """A second entry of the same name."""

    def change(document):
        document["resourceTypes"].append(document["resourceTypes"][0])

    return says("discovery", change)
