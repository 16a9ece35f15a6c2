"""Acceptances have no email."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "invite"
BREAKS = ("OCM-INV-016",)
SEEN = ("users without an address",)


def build() -> Departure:
    """The member is missing."""

    def change(document):
        document.pop("email")

    return says("acceptance", change)
