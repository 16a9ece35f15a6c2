"""What one server can is remembered of the next."""

from msgspec.structs import replace

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.peers import Peers

AREA = "discovery"
BREAKS = ("OCM-TOK-031",)
SEEN = ("FB-007",)


class Careless(Peers):
    """One object for all discoveries."""

    async def _discover(self, host):
        peer = await super()._discover(host)
        found = peer.discovery
        last = getattr(self, "last", found)
        self.last = found
        merged = {
            name: tuple(dict.fromkeys((*getattr(last, name), *getattr(found, name))))
            for name in ("capabilities", "criteria")
        }
        peer.discovery = replace(
            found, **merged, token_end_point=found.token_end_point or last.token_end_point
        )
        return peer


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(peers=Careless)
