"""Any odd Depth means infinity."""

from conformance.mutants._parts import receives, relabelled
from meshsim.departure import Departure

AREA = "webdav"
BREAKS = ("OCM-DAV-009",)
SEEN = ("FB-104",)


def build() -> Departure:
    """Whatever is not known."""

    def change(request):
        depth = request.headers.get("depth", "infinity")
        return relabelled(request, {"depth": depth if depth in ("0", "1") else "infinity"})

    return receives("/dav/ocm/", change, "PROPFIND")
