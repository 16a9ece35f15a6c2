"""An exchange that was no must, and failed, ends the access."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.opening import Opening

AREA = "token"
BREAKS = ("OCM-ACC-008",)
SEEN = ("wire.md 8, 14",)


class Careless(Opening):
    """The secret is not tried."""

    async def _credentials(self, peer, share):
        if peer.discovery.can("exchange-token") and not share.legacy:
            return [await self._exchange(peer, share)]
        return await super()._credentials(peer, share)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(opening=Careless)
