"""Where trust cannot be told, there is trust."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.ocm.errors import Unavailable
from meshsim.site.gate import Gate

AREA = "trust"
BREAKS = ("OCM-SIG-012",)
SEEN = ("FB-014",)


class Careless(Gate):
    """An error while looking is taken for a yes."""

    async def _signer(self, request, claimed, signing):
        try:
            return await super()._signer(request, claimed, signing)
        except Unavailable:
            return None


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(gate=Careless)
