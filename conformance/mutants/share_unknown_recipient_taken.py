"""A share for somebody who does not exist is taken and lost."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.receiving import Receiving

AREA = "share"
BREAKS = ("OCM-SHARE-116", "OCM-ADDR-001")
SEEN = ("recipients are resolved only when they sign in",)


class Careless(Receiving):
    """Never asks who lives here."""

    def _members(self, share_type: str, recipient: str) -> tuple[str, ...]:
        return super()._members(share_type, recipient) or (recipient,)


def build() -> Departure:
    """Receiving does not look the recipient up."""
    return serves(receiving=Careless)
