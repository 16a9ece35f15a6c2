"""The secret stands in the URI of the resource."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "security"
BREAKS = ("OCM-SHARE-068",)
SEEN = ("FB-149",)


def build() -> Departure:
    """As a query."""

    def change(document):
        document["protocol"]["webdav"]["uri"] += "?s=" + document["protocol"]["webdav"]["sharedSecret"]

    return says("share", change)
