"""Acceptance has a word of its own."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "notification"
BREAKS = ("OCM-NOTIF-010", "OCM-NOTIF-035")
SEEN = ("FB-057",)


def build() -> Departure:
    """No registered value."""

    def change(document):
        document["notificationType"] = document["notificationType"].replace("SHARE_", "OCM_SHARE_")

    return says("notification", change)
