"""A share that is accepted stays as it was."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.receiving import Receiving

AREA = "share"
BREAKS = ("OCM-NOTIF-035",)
SEEN = ("FB-044",)


class Careless(Receiving):
    """200, and nothing is written."""

    async def accept(self, user, key):
        """All is well."""
        return self.get(user, key)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(receiving=Careless)
