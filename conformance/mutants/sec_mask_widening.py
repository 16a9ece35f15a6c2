"""A share to write into gives the right to read, too."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.granting import Access, Granting

AREA = "security"
BREAKS = ("OCM-SHARE-070",)
SEEN = ("FB-135",)


class Careless(Granting):
    """The mask is one that nobody foresaw."""

    def _access(self, share):
        found = super()._access(share)
        return Access(found.share, found.root, found.permissions | {"read"}, found.principal)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(granting=Careless)
