"""Entity tags in If are not looked at."""

from conformance.mutants._parts import receives, relabelled
from meshsim.departure import Departure

AREA = "webdav"
BREAKS = ("OCM-DAV-001",)
SEEN = ("FB-091",)


def build() -> Departure:
    """Lock tokens alone count."""

    def change(request):
        condition = request.headers.get("if", "")
        return relabelled(request, {"if": None}) if "[" in condition and "<" not in condition else None

    return receives("/dav/ocm/", change)
