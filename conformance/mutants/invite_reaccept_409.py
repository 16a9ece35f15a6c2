"""A 409 with the identity of the inviter is taken for a failure."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.peers import Peers
from meshsim.wire import Response

AREA = "invite"
BREAKS = ("OCM-FIELD-021",)
SEEN = ("FB-021",)


class Careless(Peers):
    """What comes with a 409 is not read."""

    async def post(self, peer, path, kind, value, secret=""):
        """Without its body."""
        response = await super().post(peer, path, kind, value, secret)
        return Response(409, response.headers, b"{}") if response.status == 409 else response


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(peers=Careless)
