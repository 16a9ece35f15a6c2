"""An unknown share makes a notification fail inside."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "notification"
BREAKS = ("OCM-NOTIF-023",)
SEEN = ("FB-056",)


def build() -> Departure:
    """500 instead of 404."""

    def change(request, response):
        return Response(500, response.headers, response.body) if response.status == 404 else None

    return answers("/ocm/notifications", change)
