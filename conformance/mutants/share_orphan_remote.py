"""Each try to deliver a share makes a new one."""

from msgspec.structs import replace

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.sending import Sending

AREA = "share"
BREAKS = ("OCM-FIELD-041",)
SEEN = ("FB-037",)


class Careless(Sending):
    """What was sent before is not known any more."""

    def _creation(self, share, peer):
        made = super()._creation(share, peer)
        self.tries = getattr(self, "tries", 0) + 1
        return replace(made, provider_id=f"{made.provider_id}-{self.tries}")


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(sending=Careless)
