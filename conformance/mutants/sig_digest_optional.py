"""A signature need not cover the digest of the body."""

from conformance.mutants._parts import takes_without
from meshsim.departure import Departure

AREA = "signature"
BREAKS = ("OCM-SIG-062",)
SEEN = ("FB-083",)


def build() -> Departure:
    """Whoever leaves it out signs any body."""
    return takes_without("content-digest")
