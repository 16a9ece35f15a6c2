"""Who sent a message is told by the address that it comes from."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.ocm.errors import Forbidden
from meshsim.site.gate import Gate, never

AREA = "trust"
BREAKS = ("OCM-FIELD-031",)
SEEN = ("FB-012",)


class Careless(Gate):
    """A proxy in between is a stranger."""

    async def admit(self, request, endpoint, claimed, *, invited=never):
        """The name of the sender must lead to the address."""
        if request.remote not in await self.site.ports.names.addresses(claimed):
            raise Forbidden(f"{request.remote} is not {claimed}")
        return await super().admit(request, endpoint, claimed, invited=invited)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(gate=Careless)
