"""Whoever sends one letter a second holds a connection for ever."""

from conformance.mutants._parts import settings
from meshsim.departure import Departure

AREA = "security"
BREAKS = ()
SEEN = ("FB-144",)
HIDDEN = "messages of a simulated network arrive whole; on sockets it takes longer than a suite may"


def build() -> Departure:
    """As the standard site."""
    return settings()
