"""A signature need not cover where it goes."""

from conformance.mutants._parts import takes_without
from meshsim.departure import Departure

AREA = "signature"
BREAKS = ("OCM-SIG-061",)
SEEN = ("FB-084",)


def build() -> Departure:
    """So it is as good for anybody else."""
    return takes_without("@target-uri")
