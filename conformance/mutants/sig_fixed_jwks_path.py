"""http-sig is advertised without jwksUri."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "signature"
BREAKS = ("OCM-DISC-056",)
SEEN = ("FB-086",)


def build() -> Departure:
    """Keys would have to be looked for at the old path."""

    def change(document):
        document.pop("jwksUri")

    return says("discovery", change)
