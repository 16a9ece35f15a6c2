"""Shares are opened with Basic alone."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.opening import Opening, authorization

AREA = "token"
BREAKS = ("OCM-ACC-012",)
SEEN = ("FB-072",)


class Careless(Opening):
    """As a client of 1.0 does."""

    async def _credentials(self, peer, share):
        return [authorization("basic", share.secret)]


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(opening=Careless)
