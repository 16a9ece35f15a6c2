"""A request to pass a share on does not find it."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.ocm.errors import NotFound
from meshsim.site.wishing import Wishing

AREA = "share"
BREAKS = ("OCM-NOTIF-052",)
SEEN = ("FB-045",)


class Careless(Wishing):
    """It is looked for among the shares of the wrong user."""

    async def reshare_asked(self, host, notification):
        """In vain."""
        raise NotFound("share not found")


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(wishing=Careless)
