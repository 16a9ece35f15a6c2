"""Token exchange is announced by a name that nobody looks for."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "discovery"
BREAKS = ("OCM-DISC-044",)
SEEN = ("FB-010",)
CONFIGURATION = "criteria=must-exchange-token"


def build() -> Departure:
    """token-exchange, as in one place of 1.3."""

    def change(document):
        document["capabilities"] = [
            "token-exchange" if word == "exchange-token" else word for word in document["capabilities"]
        ]

    return says("discovery", change)
