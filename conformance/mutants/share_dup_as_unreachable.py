"""A share that comes twice breaks the receiver."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.ocm.errors import OcmError
from meshsim.site.receiving import Receiving
from meshsim.site.records import share_key

AREA = "share"
BREAKS = ("OCM-FIELD-042",)
SEEN = ("FB-039",)


class Careless(Receiving):
    """The error of the database becomes a 500."""

    async def take(self, request, creation):
        """Unique, says the table."""
        key = share_key(creation.sender_address.host, creation.provider_id)
        if self.site.records.received(key) is not None:
            raise OcmError("unique constraint failed", status=500)
        return await super().take(request, creation)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(receiving=Careless)
