"""Neither resourceType nor shareType is told."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "notification"
BREAKS = ("OCM-NOTIF-017",)
SEEN = ("OCM-NOTIF-014: until 1.1 one of them was a must",)


def build() -> Departure:
    """Both are left out."""

    def change(document):
        document.pop("resourceType", None)
        document.pop("shareType", None)

    return says("notification", change)
