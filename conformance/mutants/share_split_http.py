"""An address is cut where it says http."""

from conformance.mutants._parts import hears
from meshsim.departure import Departure

AREA = "share"
BREAKS = ("OCM-ADDR-001",)
SEEN = ("FB-051",)


def build() -> Departure:
    """Whatever follows is thought to be a URL."""

    def change(document):
        for name in ("owner", "sender"):
            if "http" in str(document.get(name)):
                document[name] = str(document[name]).partition("http")[0]

    return hears("share", change)
