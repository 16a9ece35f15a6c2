"""The secret of a share is empty."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "token"
BREAKS = ("OCM-SHARE-067",)
SEEN = ("FB-068",)


def build() -> Departure:
    """Its id is thought to be enough."""

    def change(document):
        document["protocol"]["webdav"]["sharedSecret"] = ""

    return says("share", change)
