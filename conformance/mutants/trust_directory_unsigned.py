"""A directory is believed without its signature."""

import base64
import json

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.ocm.directory import Directory
from meshsim.ocm.errors import OcmError
from meshsim.site.listing import Listing, Provider
from meshsim.wire import NetworkError

AREA = "trust"
BREAKS = ("OCM-DIR-010",)
SEEN = ("FB-020",)


class Careless(Listing):
    """The payload is all that is read."""

    async def _poll(self, source):
        self._tried[source.url] = self.site.now()
        try:
            raw = await self.site.peers.fetch(source.url)
            part = json.loads(raw)["payload"] if raw.startswith(b"{") else raw.decode().split(".")[1]
            directory = Directory.parse(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        except (OcmError, NetworkError, ValueError, LookupError, TypeError) as error:
            self.problems[source.url] = str(error)
            return
        self._fetched[source.url] = self.site.now()
        self._lists[source.url] = tuple(Provider(s.host, s.display_name) for s in directory.servers)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(listing=Careless)
