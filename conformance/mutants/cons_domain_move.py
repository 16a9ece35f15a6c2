"""A server that moved is followed to wherever it points."""

from urllib.parse import urljoin

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.ocm.errors import PeerError
from meshsim.site.peers import Peers
from meshsim.wire import Request, octets

AREA = "consistency"
BREAKS = ("OCM-FIELD-014",)
SEEN = ("FB-118",)


class Careless(Peers):
    """A redirect is as good as the name itself."""

    async def fetch(self, url, *, accept=True):
        """Wherever it leads."""
        for _ in range(5):
            response = await self._send(Request("GET", url, {"accept": "application/json"}))
            if response.status not in (301, 302, 303, 307, 308):
                break
            url = urljoin(url, response.headers["location"])
        if response.status != 200:
            raise PeerError(f"answered {response.status}", answered=response.status)
        return octets(response.body)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(peers=Careless)
