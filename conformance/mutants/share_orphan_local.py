"""A share that was refused is shown as given."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.ocm.lifecycle import ShareEvent
from meshsim.site.sending import Sending

AREA = "share"
BREAKS = ("OCM-SHARE-123",)
SEEN = ("FB-036",)


class Careless(Sending):
    """What the other side said is not looked at."""

    def _settle(self, share, event, reason):
        return super()._settle(share, ShareEvent.CONFIRM if event is ShareEvent.REFUSE else event, "")


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(sending=Careless)
