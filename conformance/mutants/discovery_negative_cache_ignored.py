"""A server that was not found is looked for again with each request."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.peers import Peers

AREA = "discovery"
BREAKS = ("OCM-SEC-003",)
SEEN = ("FB-008",)


class Careless(Peers):
    """What failed is not remembered."""

    async def discover_claimed(self, host):
        """As if it were for the first time."""
        return await self.discover(host)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(peers=Careless)
