"""A range beyond the end breaks the server."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "webdav"
BREAKS = ("OCM-HTTP-004",)
SEEN = ("FB-103",)


def build() -> Departure:
    """500 and not 416."""

    def change(request, response):
        return Response(500) if response.status == 416 else None

    return answers("/dav/ocm/", change)
