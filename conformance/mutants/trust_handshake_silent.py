"""An acceptance that gets no answer at once is given up without a word."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.ocm.errors import PeerError
from meshsim.site.inviting import Inviting
from meshsim.site.outbox import Told

AREA = "trust"
BREAKS = ("OCM-FIELD-024",)
SEEN = ("FB-016",)


class Careless(Inviting):
    """Nothing is tried twice."""

    async def _join(self, errand):
        try:
            return await super()._join(errand)
        except PeerError:
            return Told()


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(inviting=Careless)
