"""What may be read may be written."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.granting import Access, Granting

AREA = "security"
BREAKS = ("OCM-SHARE-070",)
SEEN = ("FB-133",)


class Careless(Granting):
    """Permissions are not looked at."""

    def _access(self, share) -> Access:
        found = super()._access(share)
        return Access(found.share, found.root, frozenset({"read", "write"}), found.principal)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(granting=Careless)
