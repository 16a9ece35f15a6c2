"""Who was a contact once may share for ever."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.gate import Gate, never

AREA = "invite"
BREAKS = (
    "OCM-DISC-052",
    "OCM-SHARE-119",
)
SEEN = ("FB-022",)


class Careless(Gate):
    """must-invite looks at who was invited, and not at who is a contact."""

    async def admit(self, request, endpoint, claimed, *, invited=never):
        """Met once is met."""
        met = self.__dict__.setdefault("met", set())
        if endpoint == "invite-accepted":
            met.add(claimed)
        return await super().admit(
            request, endpoint, claimed, invited=(lambda: True) if claimed in met else invited
        )


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(gate=Careless)
