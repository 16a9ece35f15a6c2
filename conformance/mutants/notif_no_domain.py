"""Notifications do not say where they come from."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "notification"
BREAKS = ("OCM-NOTIF-011",)
SEEN = ("every server before 1.5",)


def build() -> Departure:
    """The member is missing."""

    def change(document):
        document.pop("senderDomain")

    return says("notification", change)
