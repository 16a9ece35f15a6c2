"""Keys are fetched over https alone, also in a mesh for tests without it."""

from conformance.mutants._parts import settings
from meshsim.departure import Departure

AREA = "signature"
BREAKS = ()
SEEN = ("FB-087",)
HIDDEN = (
    "where all is https it is no fault; a mesh for tests may leave https out (OCM-DISC-059), and need not"
)


def build() -> Departure:
    """As the standard site."""
    return settings()
