"""Each address of an IPv6 network is a caller of its own."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.policies import Room
from meshsim.site.gate import Gate
from meshsim.site.limiter import Limiter

AREA = "rate-limit"
BREAKS = ("OCM-FIELD-061",)
SEEN = ("FB-127",)


class Careless(Gate):
    """All 128 bits are compared."""

    async def _find(self, need, request, facts, invited):
        if isinstance(need, Room):
            key = (facts.endpoint, need, facts.remote)
            limiters = self.__dict__.setdefault("limiters", {})
            limiter = limiters.setdefault(key, Limiter(need.rate, need.burst, need.spare))
            return limiter.take(facts.remote, facts.now)
        return await super()._find(need, request, facts, invited)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(gate=Careless)
