"""Of what a server takes only the first entry is looked at."""

from conformance.mutants._parts import hears
from meshsim.departure import Departure

AREA = "share"
BREAKS = ("OCM-FIELD-013",)
SEEN = ("FB-052",)


def build() -> Departure:
    """The others are thought to be the same."""

    def change(document):
        if isinstance(document.get("resourceTypes"), list):
            document["resourceTypes"] = document["resourceTypes"][:1]

    return hears("discovery", change)
