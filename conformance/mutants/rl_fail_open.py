"""A limiter whose counters are lost lets all through."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.policies import Room
from meshsim.site.gate import Gate

AREA = "rate-limit"
BREAKS = (
    "OCM-FIELD-061",
    "OCM-SEC-003",
)
SEEN = ("FB-128",)


class Careless(Gate):
    """They are lost when there are more than a few."""

    async def _find(self, need, request, facts, invited):
        if isinstance(need, Room):
            self.counted = getattr(self, "counted", 0) + 1
            if self.counted > 3 and facts.endpoint == "notifications":
                return 0.0
        return await super()._find(need, request, facts, invited)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(gate=Careless)
