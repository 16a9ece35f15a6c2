"""What is written under a lock is empty."""

from conformance.mutants._parts import receives
from meshsim.departure import Departure
from meshsim.wire import Request

AREA = "webdav"
BREAKS = ("OCM-HTTP-005", "OCM-SHARE-070")
SEEN = ("FB-107",)


def build() -> Departure:
    """The content is lost where If is read."""

    def change(request):
        if "<" not in request.headers.get("if", ""):
            return None
        return Request(request.method, request.url, request.headers, b"", request.remote)

    return receives("/dav/ocm/", change, "PUT")
