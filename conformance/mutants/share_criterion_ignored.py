"""What the receiver demands is not looked at."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "share"
BREAKS = ("OCM-SHARE-007",)
SEEN = ("OCM-DISC-043 in the field: peers that refuse such shares",)


def build() -> Departure:
    """No must-exchange-token in shares."""

    def change(document):
        document["protocol"]["webdav"].pop("requirements", None)

    return says("share", change)
