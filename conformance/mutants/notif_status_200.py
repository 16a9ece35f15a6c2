"""Notifications are answered with 200."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "notification"
BREAKS = ("OCM-NOTIF-021",)
SEEN = ("wire.md 8, 15: OpenCloudMesh-Go",)


def build() -> Departure:
    """Nothing else differs."""

    def change(request, response):
        return Response(200, response.headers, response.body) if response.status == 201 else None

    return answers("/ocm/notifications", change)
