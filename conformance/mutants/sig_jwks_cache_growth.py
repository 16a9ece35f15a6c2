"""Keys of everybody who ever asked are kept."""

from conformance.mutants._parts import settings
from meshsim.departure import Departure

AREA = "signature"
BREAKS = ()
SEEN = ("FB-089",)
HIDDEN = "what a server keeps in memory is seen only when it is full"


def build() -> Departure:
    """As the standard site."""
    return settings()
