"""An unknown token is answered with 404."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "invite"
BREAKS = ("OCM-INV-045",)
SEEN = ("FB-028",)


def build() -> Departure:
    """As in 1.1."""

    def change(request, response):
        return Response(404, response.headers, response.body) if b"not one of ours" in response.body else None

    return answers("/ocm/invite-accepted", change)
