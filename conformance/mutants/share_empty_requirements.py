"""requirements is there and empty."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "share"
BREAKS = ("OCM-SHARE-075",)
SEEN = ("lists that are always written",)


def build() -> Departure:
    """An empty list."""

    def change(document):
        document["protocol"]["webdav"].setdefault("requirements", [])

    return says("share", change)
