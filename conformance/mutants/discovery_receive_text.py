"""webdav-receive is a text, as webdav is."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "discovery"
BREAKS = ("OCM-DISC-025",)
SEEN = ("wire.md 3.1: the newer entry has another form",)


def build() -> Departure:
    """Not an object."""

    def change(document):
        for entry in document["resourceTypes"]:
            entry["protocols"]["webdav-receive"] = "relative"

    return says("discovery", change)
