"""An address is split at its first at-sign."""

from conformance.mutants._parts import hears
from meshsim.departure import Departure

AREA = "invite"
BREAKS = ("OCM-ADDR-001",)
SEEN = ("FB-031",)


def build() -> Departure:
    """What follows the first one is the host."""

    def change(document):
        value = document.get("shareWith")
        if isinstance(value, str) and value.count("@") > 1:
            user, _, host = value.partition("@")
            document["shareWith"] = f"{user}@{host.rpartition('@')[2]}"

    return hears("share", change)
