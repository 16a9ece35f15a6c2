"""webdav has url, and no uri."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "share"
BREAKS = ("OCM-SHARE-063",)
SEEN = ("FB-032",)


def build() -> Departure:
    """The name of another draft."""

    def change(document):
        document["protocol"]["webdav"]["url"] = document["protocol"]["webdav"].pop("uri")

    return says("share", change)
