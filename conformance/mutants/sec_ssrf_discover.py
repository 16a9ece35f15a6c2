"""An endPoint is called wherever it is."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.peers import Peers

AREA = "security"
BREAKS = ("OCM-FIELD-014",)
SEEN = ("FB-137",)


class Careless(Peers):
    """A document sends requests anywhere."""

    def _check_authority(self, host, discovery):
        return f"{self.site.profile.scheme}://{host}"


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(peers=Careless)
