"""The host of an address counts with its capitals."""

from conformance.mutants._parts import hears
from meshsim.departure import Departure
from meshsim.ocm.errors import OcmError

AREA = "share"
BREAKS = ("OCM-SHARE-111",)
SEEN = ("FB-034",)


def build() -> Departure:
    """Whoever writes PEER and then peer is two."""

    def change(document):
        for name in ("owner", "sender"):
            host = str(document.get(name)).rpartition("@")[2]
            if host != host.lower():
                raise OcmError(f"{name} is at an unknown host", status=400)

    return hears("share", change)
