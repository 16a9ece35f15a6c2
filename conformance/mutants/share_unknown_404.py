"""An unknown recipient is answered with 404."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "share"
BREAKS = ("OCM-SHARE-116",)
SEEN = ("wire.md 8, 9: reva",)


def build() -> Departure:
    """As reva does."""

    def change(request, response):
        if response.status == 400 and b"no user" in response.body:
            return Response(404, response.headers, response.body)
        return None

    return answers("/ocm/shares", change)
