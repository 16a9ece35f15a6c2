"""The path that a proxy took away is missing where signatures are checked."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.gate import Gate, never
from meshsim.wire import Request

AREA = "signature"
BREAKS = ("OCM-NOTIF-021",)
SEEN = ("FB-080",)


class Careless(Gate):
    """Notifications alone come through it."""

    async def admit(self, request, endpoint, claimed, *, invited=never):
        """Another URL than was signed."""
        if endpoint == "notifications":
            url = request.url.replace("/ocm/", "/")
            request = Request(request.method, url, request.headers, request.body, request.remote)
        return await super().admit(request, endpoint, claimed, invited=invited)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(gate=Careless)
