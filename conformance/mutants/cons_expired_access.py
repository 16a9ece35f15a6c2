"""A share goes on after its end."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.granting import Granting

AREA = "consistency"
BREAKS = ("OCM-SHARE-038", "OCM-ACC-038")
SEEN = ("FB-114",)


class Careless(Granting):
    """Nothing ends."""

    def is_open(self, share) -> bool:
        """Always."""
        return True


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(granting=Careless)
