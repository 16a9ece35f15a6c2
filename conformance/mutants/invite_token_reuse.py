"""An invite that was taken up is taken up again."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "invite"
BREAKS = ("OCM-INV-047",)
SEEN = ("FB-029",)


def build() -> Departure:
    """200 and not 409."""

    def change(request, response):
        return Response(200, response.headers, response.body) if response.status == 409 else None

    return answers("/ocm/invite-accepted", change)
