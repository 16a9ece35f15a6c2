"""A share is answered with 200, as other APIs do."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "share"
BREAKS = ("OCM-SHARE-111",)
SEEN = ("reva takes 200 for success, so some server says it",)


def build() -> Departure:
    """Nothing else differs."""

    def change(request, response):
        return Response(200, response.headers, response.body) if response.status == 201 else None

    return answers("/ocm/shares", change)
