"""A name has 64 characters at most, and nobody says so."""

from conformance.mutants._parts import hears
from meshsim.departure import Departure
from meshsim.ocm.errors import OcmError

AREA = "share"
BREAKS = ("OCM-FIELD-043",)
SEEN = ("FB-040",)


def build() -> Departure:
    """The column is full."""

    def change(document):
        if isinstance(document.get("name"), str) and len(document["name"]) > 64:
            raise OcmError("value too long for type character varying(64)", status=500)

    return hears("share", change)
