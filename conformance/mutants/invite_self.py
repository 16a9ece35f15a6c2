"""A user takes up an invite of the same server."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.inviting import Inviting
from meshsim.site.records import Contact

AREA = "invite"
BREAKS = ("OCM-FIELD-022",)
SEEN = ("FB-023",)


class Careless(Inviting):
    """The contact is written before anything is checked."""

    async def accept(self, user, invite):
        """Also of home."""
        if invite.provider == self.site.host:
            found = self.site.records.invitation(invite.token)
            if found is not None:
                address = self.site.address(found.user)
                self.site.records.commit([Contact(user, address, found.user, "", self.site.now()).put()])
        return await super().accept(user, invite)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(inviting=Careless)
