"""A share that comes again with another secret is taken, and the old secret kept."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.ocm.errors import Conflict
from meshsim.ocm.share import ShareAnswer
from meshsim.site.receiving import Receiving

AREA = "share"
BREAKS = ("OCM-FIELD-042",)
SEEN = ("FB-038",)


class Careless(Receiving):
    """The key alone is compared."""

    async def take(self, request, creation):
        """201 for what is there."""
        try:
            return await super().take(request, creation)
        except Conflict:
            return ShareAnswer(creation.recipient_address.user)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(receiving=Careless)
