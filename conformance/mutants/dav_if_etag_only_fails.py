"""If without a lock token is never true."""

from conformance.mutants._parts import receives
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "webdav"
BREAKS = ("OCM-DAV-002", "OCM-SHARE-070")
SEEN = ("FB-093",)


def build() -> Departure:
    """412 for an entity tag alone."""

    def change(request):
        condition = request.headers.get("if", "")
        return Response(412) if "[" in condition and "<" not in condition else None

    return receives("/dav/ocm/", change)
