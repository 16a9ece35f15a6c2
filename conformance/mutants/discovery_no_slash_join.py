"""The path of an endpoint is put behind endPoint without a slash."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.ocm.document import dump
from meshsim.site.peers import JSON, Peers

AREA = "discovery"
BREAKS = (
    "OCM-SHARE-001",
    "OCM-INV-010",
)
SEEN = ("FB-003",)


class Careless(Peers):
    """One of the two is thought to have it."""

    async def post(self, peer, path, kind, value, secret=""):
        """Joined as they are."""
        return await super().post(peer, path.lstrip("/"), kind, value, secret)

    def _post(self, peer, path, kind, value, secret):
        return self.send_signed(
            peer, peer.discovery.end_point + path, dump(self.spoken(peer, kind, value, secret)), JSON
        )


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(peers=Careless)
