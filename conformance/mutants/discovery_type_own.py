"""A resource type of the vendor stands among the registered ones."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "discovery"
BREAKS = ("OCM-DISC-019",)
SEEN = ("calendar, talk-room and ro-crate in the field",)


def build() -> Departure:
    """It is called notebook."""

    def change(document):
        document["resourceTypes"].append({**document["resourceTypes"][0], "name": "notebook"})

    return says("discovery", change)
