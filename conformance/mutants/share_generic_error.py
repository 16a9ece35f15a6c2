"""Every refusal of a share looks like a server that is down."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "share"
BREAKS = (
    "OCM-SHARE-114",
    "OCM-SHARE-116",
    "OCM-SHARE-120",
)
SEEN = ("FB-054",)


def build() -> Departure:
    """503 for all."""

    def change(request, response):
        if response.status < 400:
            return None
        return Response(503, response.headers, response.body)

    return answers("/ocm/shares", change)
