"""A header says who asks, and is believed."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.gate import Gate, never

AREA = "trust"
BREAKS = (
    "OCM-SHARE-119",
    "OCM-INV-046",
)
SEEN = ("FB-013",)


class Careless(Gate):
    """X-Forwarded-For of anybody."""

    async def admit(self, request, endpoint, claimed, *, invited=never):
        """Whoever speaks for another is not on any list."""
        if "x-forwarded-for" in request.headers:
            return claimed
        return await super().admit(request, endpoint, claimed, invited=invited)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(gate=Careless)
