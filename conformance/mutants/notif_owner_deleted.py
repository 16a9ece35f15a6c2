"""After an account is removed its shares are neither open nor gone."""

from conformance.mutants._parts import settings
from meshsim.departure import Departure

AREA = "notification"
BREAKS = ()
SEEN = ("FB-061",)
HIDDEN = "no server can be made to remove an account from outside, and no driver does it yet"


def build() -> Departure:
    """As the standard site."""
    return settings()
