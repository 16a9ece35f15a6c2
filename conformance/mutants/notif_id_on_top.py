"""providerId stands on top alone."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "notification"
BREAKS = ("OCM-NOTIF-036", "OCM-NOTIF-037")
SEEN = ("FB-055",)


def build() -> Departure:
    """As until 1.4."""

    def change(document):
        document["providerId"] = document.pop("notification", {}).get("file", {}).get("providerId")

    return says("notification", change)
