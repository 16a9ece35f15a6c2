"""What a share names is called as soon as it arrives."""

from contextlib import suppress

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.receiving import Receiving
from meshsim.wire import NetworkError, Request

AREA = "security"
BREAKS = ("OCM-SEC-002",)
SEEN = ("FB-138",)


class Careless(Receiving):
    """To see whether it is there."""

    async def take(self, request, creation):
        """Look first."""
        webdav = creation.protocol.webdav
        if webdav is not None and webdav.uri.startswith("https://"):
            with suppress(NetworkError):
                await self.site.ports.network.send(Request("GET", webdav.uri))
        return await super().take(request, creation)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(receiving=Careless)
