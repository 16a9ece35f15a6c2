"""Two that invite each other refuse each other."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.ocm.address import OcmAddress
from meshsim.site.inviting import AlreadyAccepted, Inviting

AREA = "trust"
BREAKS = ("OCM-INV-044",)
SEEN = ("FB-017",)


class Careless(Inviting):
    """Whoever is known already has no need of an invite."""

    async def accepted(self, request, acceptance):
        """409 also for an invite that nobody took up."""
        invitation = self.site.records.invitation(acceptance.token)
        if invitation is not None:
            known = self.site.records.contact(
                invitation.user, OcmAddress(acceptance.user_id, acceptance.host)
            )
            if known is not None:
                raise AlreadyAccepted(None)
        return await super().accepted(request, acceptance)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(inviting=Careless)
