"""Nothing inside the server learns of a new share."""

from conformance.mutants._parts import settings
from meshsim.departure import Departure

AREA = "notification"
BREAKS = ()
SEEN = ("FB-066",)
HIDDEN = "events inside a server are no part of what it says to others"


def build() -> Departure:
    """As the standard site."""
    return settings()
