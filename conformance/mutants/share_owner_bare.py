"""owner is a user name without a host."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "share"
BREAKS = ("OCM-SHARE-026",)
SEEN = ("FB-034",)


def build() -> Departure:
    """What is local is clear at home."""

    def change(document):
        document["owner"] = document["owner"].rpartition("@")[0]

    return says("share", change)
