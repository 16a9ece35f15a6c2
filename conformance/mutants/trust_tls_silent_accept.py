"""A share is shown as accepted though its server cannot be reached over TLS."""

from conformance.mutants._parts import settings
from meshsim.departure import Departure

AREA = "trust"
BREAKS = ()
SEEN = ("FB-018",)
HIDDEN = "acceptance is a word between people; whether the resource opens is told when it is opened"


def build() -> Departure:
    """As the standard site."""
    return settings()
