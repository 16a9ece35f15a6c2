"""Only servers that say just what this one says are spoken with."""

from conformance.mutants._parts import hears
from meshsim.departure import Departure
from meshsim.ocm.errors import OcmError

AREA = "discovery"
BREAKS = ("OCM-FIELD-011",)
SEEN = ("FB-005",)


def build() -> Departure:
    """The version is compared as text."""

    def change(document):
        if document.get("apiVersion") != "1.5.0":
            raise OcmError(f"unsupported apiVersion {document.get('apiVersion')!r}")

    return hears("discovery", change)
