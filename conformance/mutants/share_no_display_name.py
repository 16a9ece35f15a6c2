"""The answer to a share is an empty object."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "share"
BREAKS = ("OCM-SHARE-112",)
SEEN = ("wire.md 8, 8: reva and ownCloud",)


def build() -> Departure:
    """Nobody is named."""

    def change(request, response):
        return Response(201, response.headers, b"{}") if response.status == 201 else None

    return answers("/ocm/shares", change)
