"""A share can be left only while its server answers."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.receiving import Receiving

AREA = "consistency"
BREAKS = ("OCM-FIELD-052",)
SEEN = ("FB-112",)


class Careless(Receiving):
    """The sender has to agree."""

    async def decline(self, user, key):
        """Not without it."""
        await self.site.peers.discover(self.get(user, key).host, fresh=True)
        return await super().decline(user, key)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(receiving=Careless)
