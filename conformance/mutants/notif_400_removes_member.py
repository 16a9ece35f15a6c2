"""Any error of a notification ends the contact."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.peers import Peers
from meshsim.site.records import drop_contact

AREA = "notification"
BREAKS = ("OCM-FIELD-055",)
SEEN = ("FB-062",)


class Careless(Peers):
    """Who does not understand is no friend."""

    async def post(self, peer, path, kind, value, secret=""):
        """Whatever is refused."""
        response = await super().post(peer, path, kind, value, secret)
        if kind == "notification" and response.status == 400:
            contacts = [c for c in self.site.records.contacts(None) if c.address.host == peer.host]
            self.site.records.commit([drop_contact(c.user, c.address) for c in contacts])
        return response


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(peers=Careless)
