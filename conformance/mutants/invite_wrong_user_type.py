"""Who took up an invite is stored as somebody of this server."""

from msgspec.structs import replace

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.ocm.address import OcmAddress
from meshsim.site.inviting import Inviting

AREA = "invite"
BREAKS = ("OCM-FIELD-023",)
SEEN = ("FB-025",)


class Careless(Inviting):
    """The provider is forgotten."""

    def _met(self, contact):
        return super()._met(replace(contact, address=OcmAddress(contact.address.user, self.site.host)))


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(inviting=Careless)
