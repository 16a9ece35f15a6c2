"""Token requests need no signature."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.gate import Gate

AREA = "token"
BREAKS = ("OCM-TOK-009",)
SEEN = ("wire.md 8, 11: reva",)


class Open(Gate):
    """Verifies nothing where a token is asked for."""

    async def admit(self, request, endpoint, claimed, **more):
        if endpoint == "token":
            return claimed
        return await super().admit(request, endpoint, claimed, **more)


def build() -> Departure:
    """Who asks is believed."""
    return serves(gate=Open)
