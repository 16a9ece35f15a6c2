"""Identifiers are compared without their capitals."""

from conformance.mutants._parts import hears
from meshsim.departure import Departure

AREA = "share"
BREAKS = ("OCM-ADDR-002",)
SEEN = ("FB-042",)


def build() -> Departure:
    """All in lower case."""

    def change(document):
        if isinstance(document.get("shareWith"), str):
            document["shareWith"] = document["shareWith"].lower()

    return hears("share", change)
