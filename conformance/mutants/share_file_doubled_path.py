"""A shared file is looked for inside itself."""

from conformance.mutants._parts import receives
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "share"
BREAKS = ("OCM-ACC-030",)
SEEN = ("FB-035",)


def build() -> Departure:
    """The name of the file is asked for below the share."""

    def change(request):
        inside = request.target.path.removeprefix("/dav/ocm/").strip("/")
        return None if "/" in inside or request.method != "GET" else Response(404)

    return receives("/dav/ocm/", change)
