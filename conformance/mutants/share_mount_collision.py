"""Of two shares with one name only the first is seen."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.receiving import Receiving

AREA = "share"
BREAKS = ("OCM-FIELD-044",)
SEEN = ("FB-043",)


class Careless(Receiving):
    """They would have one mount point."""

    def shares(self, user, groups=()):
        """One of each name."""
        return list({share.name: share for share in reversed(super().shares(user, groups))}.values())


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(receiving=Careless)
