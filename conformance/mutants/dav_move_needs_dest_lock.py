"""A locked file is moved only where the place it goes to is locked, too."""

from conformance.mutants._parts import receives
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "webdav"
BREAKS = ("OCM-DAV-005", "OCM-SHARE-070")
SEEN = ("FB-092",)


def build() -> Departure:
    """423 for one token."""

    def change(request):
        return Response(423) if request.headers.get("if", "").count("(<") == 1 else None

    return receives("/dav/ocm/", change, "MOVE")
