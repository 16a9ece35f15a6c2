"""A share that was taken is given up where the answer looks odd."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.peers import Peers
from meshsim.wire import Response, octets

AREA = "notification"
BREAKS = ("OCM-SHARE-123",)
SEEN = ("FB-063",)


class Careless(Peers):
    """Without recipientDisplayName it is thought to have failed."""

    async def post(self, peer, path, kind, value, secret=""):
        """201 is not enough."""
        response = await super().post(peer, path, kind, value, secret)
        if (
            kind == "share"
            and response.status == 201
            and b"recipientDisplayName" not in octets(response.body)
        ):
            return Response(400, response.headers, response.body)
        return response


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(peers=Careless)
