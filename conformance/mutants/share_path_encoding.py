"""Names are decoded once more than they were encoded."""

from urllib.parse import quote, unquote

from conformance.mutants._parts import receives
from meshsim.departure import Departure
from meshsim.wire import Request

AREA = "share"
BREAKS = (
    "OCM-DAV-007",
    "OCM-SHARE-066",
)
SEEN = ("FB-053",)


def build() -> Departure:
    """A percent sign in a name means something."""

    def change(request):
        url = quote(unquote(request.url), safe=":/?&=%[]@")
        return Request(request.method, url, request.headers, request.body, request.remote)

    return receives("/dav/ocm/", change)
