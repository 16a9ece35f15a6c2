"""recipientProvider is a URL."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "trust"
BREAKS = ("OCM-INV-013",)
SEEN = ("FB-015",)


def build() -> Departure:
    """As in 1.1."""

    def change(document):
        document["recipientProvider"] = "https://" + document["recipientProvider"]

    return says("acceptance", change)
