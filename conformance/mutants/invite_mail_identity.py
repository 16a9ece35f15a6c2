"""A mail address stands for who somebody is."""

from msgspec.structs import replace

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.ocm.address import OcmAddress
from meshsim.site.inviting import Inviting

AREA = "invite"
BREAKS = ("OCM-FIELD-023",)
SEEN = ("FB-027",)


class Careless(Inviting):
    """The contact is at the domain of its mail."""

    def _met(self, contact):
        user, _, host = contact.email.rpartition("@")
        return super()._met(replace(contact, address=OcmAddress(user, host)) if user else contact)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(inviting=Careless)
