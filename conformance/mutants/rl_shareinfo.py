"""Token requests may be tried as often as one likes."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.policies import Room
from meshsim.site.gate import Gate

AREA = "rate-limit"
BREAKS = (
    "OCM-FIELD-061",
    "OCM-SEC-003",
)
SEEN = ("FB-125",)


class Careless(Gate):
    """The limit was forgotten at one endpoint."""

    async def _find(self, need, request, facts, invited):
        if isinstance(need, Room) and facts.endpoint == "token":
            return 0.0
        return await super()._find(need, request, facts, invited)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(gate=Careless)
