"""An answer of discovery is kept before it was read."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.peers import Peers

AREA = "discovery"
BREAKS = ("OCM-FIELD-012",)
SEEN = ("FB-009",)


class Careless(Peers):
    """Whatever it is."""

    async def fetch(self, url, *, accept=True):
        """For as long as a document would be."""
        kept = self.__dict__.setdefault("kept", {})
        made, content = kept.get(url, (0.0, b""))
        if self.site.now() - made > 900:
            content = await super().fetch(url, accept=accept)
            kept[url] = self.site.now(), content
        return content


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(peers=Careless)
