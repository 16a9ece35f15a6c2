"""Notifications are behind the login."""

from conformance.mutants._parts import receives
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "notification"
BREAKS = ("OCM-NOTIF-021",)
SEEN = ("FB-059",)


def build() -> Departure:
    """Who is no user is sent to the page."""

    def change(request):
        return Response(302, {"location": "/login"})

    return receives("/ocm/notifications", change)
