"""Whoever sends a share is a contact."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.receiving import Receiving
from meshsim.site.records import Contact

AREA = "security"
BREAKS = ("OCM-FIELD-032",)
SEEN = ("FB-136",)


class Careless(Receiving):
    """What a user did becomes trust of the server."""

    async def take(self, request, creation):
        """A friend at once."""
        answer = await super().take(request, creation)
        user, sender = creation.recipient_address.user, creation.sender_address
        self.site.records.commit([Contact(user, sender, sender.user, "", self.site.now()).put()])
        return answer


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(receiving=Careless)
