"""A strict share is tried with its secret when the exchange fails."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.ocm.errors import PeerError
from meshsim.site.opening import Opening, authorization

AREA = "token"
BREAKS = ("OCM-ACC-006",)
SEEN = ("FB-150",)


class Careless(Opening):
    """must-exchange-token is a wish."""

    async def _credentials(self, peer, share):
        try:
            return await super()._credentials(peer, share)
        except PeerError:
            return [authorization("bearer", share.secret)]


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(opening=Careless)
