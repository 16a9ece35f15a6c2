"""userID is an address."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "invite"
BREAKS = ("OCM-INV-015",)
SEEN = ("FB-026",)


def build() -> Departure:
    """With the host behind it."""

    def change(document):
        document["userID"] += "@" + document["recipientProvider"]

    return says("acceptance", change)
