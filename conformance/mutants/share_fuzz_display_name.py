"""A display name that is no text breaks the server."""

from conformance.mutants._parts import hears
from meshsim.departure import Departure
from meshsim.ocm.errors import OcmError

AREA = "share"
BREAKS = ("OCM-SHARE-115", "OCM-SEC-002")
SEEN = ("Optional members are used as they come; the fuzz alone sends such a one.",)


def build() -> Departure:
    """It is concatenated."""

    def change(document):
        if isinstance(document.get("senderDisplayName"), list | dict):
            raise OcmError("can only concatenate str", status=500)

    return hears("share", change)
