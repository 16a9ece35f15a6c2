"""Secrets are compared letter by letter."""

from conformance.mutants._parts import settings
from meshsim.departure import Departure

AREA = "security"
BREAKS = ()
SEEN = ("FB-130",)
HIDDEN = "how long a comparison takes is told by thousands of requests, and in virtual time not at all"


def build() -> Departure:
    """As the standard site."""
    return settings()
