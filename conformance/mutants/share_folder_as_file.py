"""Folders are announced as files."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "share"
BREAKS = ("OCM-SHARE-035",)
SEEN = ("FB-052",)


def build() -> Departure:
    """Whatever is shared."""

    def change(document):
        document["resourceType"] = "file"

    return says("share", change)
