"""A Destination that names the server as it is called from outside is foreign."""

from conformance.mutants._parts import receives
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "webdav"
BREAKS = ("OCM-DAV-006", "OCM-SHARE-070")
SEEN = ("FB-096",)


def build() -> Departure:
    """Inside it is http."""

    def change(request):
        return Response(502) if request.headers.get("destination", "").startswith("https://") else None

    return receives("/dav/ocm/", change)
