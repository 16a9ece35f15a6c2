"""Signatures of any age hold."""

from conformance.mutants._parts import reads
from meshsim.departure import Departure

AREA = "signature"
BREAKS = ("OCM-SIG-066", "OCM-SIG-067")
SEEN = ("FB-082",)


class Ageless:
    """A proof that is always fresh."""

    def __init__(self, found) -> None:
        self.found = found
        self.keyid = found.keyid

    def verify(self, request, key, now: float) -> None:
        """As of when it was made."""
        self.found.verify(request, key, float(self.found.created))


def build() -> Departure:
    """created is not compared with the clock."""

    def signed(read, headers):
        found = read(headers)
        return None if found is None else Ageless(found)

    return reads(signed)
