"""Addresses without a scheme are not understood."""

from conformance.mutants._parts import hears
from meshsim.departure import Departure
from meshsim.ocm.errors import OcmError

AREA = "notification"
BREAKS = ("OCM-SHARE-111",)
SEEN = ("FB-064",)


def build() -> Departure:
    """They have to begin with https."""

    def change(document):
        if "://" not in str(document.get("sender")):
            raise OcmError("sender is no federated cloud id", status=400)

    return hears("share", change)
