"""exchange-token is advertised, and no tokenEndPoint."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "token"
BREAKS = ("OCM-DISC-060",)
SEEN = ("FB-074",)


def build() -> Departure:
    """The capability stays."""

    def change(document):
        document.pop("tokenEndPoint", None)  # a site that exchanges with nobody has none

    return says("discovery", change)
