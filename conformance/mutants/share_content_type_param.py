"""Documents are sent as plain text."""

from conformance.mutants._parts import calls
from meshsim.departure import Departure
from meshsim.wire import Request

AREA = "share"
BREAKS = ("OCM-SHARE-002", "OCM-NOTIF-002", "OCM-INV-011")
SEEN = ("FB-046",)


def build() -> Departure:
    """Content-Type is text/plain."""

    def change(request):
        if request.headers.get("content-type") != "application/json":
            return request
        headers = {**request.headers, "content-type": "text/plain"}
        return Request(request.method, request.url, headers, request.body, request.remote)

    return calls(change)
