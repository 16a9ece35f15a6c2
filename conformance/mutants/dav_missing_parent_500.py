"""A folder that is missing breaks the server."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "webdav"
BREAKS = ("OCM-DAV-010",)
SEEN = ("FB-105",)


def build() -> Departure:
    """500 and not 409."""

    def change(request, response):
        return Response(500) if response.status == 409 else None

    return answers("/dav/ocm/", change)
