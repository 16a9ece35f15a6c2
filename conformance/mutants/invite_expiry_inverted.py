"""Invites are valid after their end and not before."""

from msgspec.structs import replace

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.ocm.errors import RemoteError
from meshsim.site.inviting import Inviting

AREA = "invite"
BREAKS = ("OCM-INV-044",)
SEEN = ("FB-030",)


class Careless(Inviting):
    """The comparison is the wrong way round."""

    async def accepted(self, request, acceptance):
        """Inverted."""
        invitation = self.site.records.invitation(acceptance.token)
        if invitation is not None:
            if invitation.expires > self.site.now():
                raise RemoteError("the invite has expired")
            self.site.records.commit([replace(invitation, expires=self.site.now() + 60).put()])
        return await super().accepted(request, acceptance)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(inviting=Careless)
