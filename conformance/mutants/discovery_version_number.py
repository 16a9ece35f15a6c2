"""apiVersion is a number."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "discovery"
BREAKS = ("OCM-DISC-012",)
SEEN = ("FB-005",)


def build() -> Departure:
    """Not a text."""

    def change(document):
        document["apiVersion"] = 1.5

    return says("discovery", change)
