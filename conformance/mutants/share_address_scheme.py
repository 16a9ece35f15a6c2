"""Addresses carry a scheme before the host."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "share"
BREAKS = ("OCM-ADDR-007", "OCM-SHARE-026", "OCM-SHARE-027")
SEEN = ("FB-033",)


def build() -> Departure:
    """alice@https://host."""

    def change(document):
        user, _, host = document["owner"].rpartition("@")
        document["owner"] = document["sender"] = f"{user}@https://{host}"

    return says("share", change)
