"""Members that are unknown make a share bad."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.ocm.errors import RemoteError
from meshsim.site.receiving import Receiving

AREA = "share"
BREAKS = ("OCM-SHARE-124",)
SEEN = ("FB-049",)


class Careless(Receiving):
    """400 for a newer sender."""

    async def take(self, request, creation):
        """As a strict parser would."""
        if b"xNew" in request.body:
            raise RemoteError("unknown member")
        return await super().take(request, creation)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(receiving=Careless)
