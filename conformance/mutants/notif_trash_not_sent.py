"""A share whose file is gone is a fault of the server."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "notification"
BREAKS = ("OCM-FIELD-057",)
SEEN = ("FB-060",)


def build() -> Departure:
    """500 where nothing is found."""

    def change(request, response):
        return Response(500) if response.status == 404 else None

    return answers("/dav/ocm/", change)
