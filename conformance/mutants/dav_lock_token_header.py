"""A write has to show the token of a lock in Lock-Token."""

from conformance.mutants._parts import receives, relabelled
from meshsim.departure import Departure

AREA = "webdav"
BREAKS = ("OCM-DAV-003", "OCM-SHARE-070")
SEEN = ("FB-094",)


def build() -> Departure:
    """If is not read."""

    def change(request):
        return relabelled(
            request, {"if": request.headers.get("lock-token") and f"({request.headers['lock-token']})"}
        )

    return receives("/dav/ocm/", change, "PUT")
