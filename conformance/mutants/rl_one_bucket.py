"""All callers have one limit between them."""

from msgspec.structs import replace

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.policies import Room
from meshsim.site.gate import Gate

AREA = "rate-limit"
BREAKS = ("OCM-SEC-003",)
SEEN = ("Reva of 2021 had no limit of its own; a proxy in front counted all as one.",)


class Careless(Gate):
    """Whoever asks much shuts out all."""

    async def _find(self, need, request, facts, invited):
        if isinstance(need, Room):
            return await super()._find(need, request, replace(facts, remote="192.0.2.1"), invited)
        return await super()._find(need, request, facts, invited)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(gate=Careless)
