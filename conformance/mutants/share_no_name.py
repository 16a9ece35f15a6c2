"""Shares are sent without a name."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "share"
BREAKS = ("OCM-SHARE-022", "OCM-SHARE-003")
SEEN = ("names that only the receiver makes up",)


def build() -> Departure:
    """The member is missing."""

    def change(document):
        document.pop("name")

    return says("share", change)
