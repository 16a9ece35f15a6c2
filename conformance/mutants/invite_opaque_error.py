"""Whatever is wrong with an invite, the server is broken."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "invite"
BREAKS = (
    "OCM-INV-045",
    "OCM-INV-053",
)
SEEN = ("FB-024",)


def build() -> Departure:
    """500 without a reason."""

    def change(request, response):
        return Response(500, {"content-type": "text/plain"}, b"error") if response.status == 400 else None

    return answers("/ocm/invite-accepted", change)
