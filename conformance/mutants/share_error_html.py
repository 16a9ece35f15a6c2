"""A framework's page takes the place of a JSON error."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "share"
BREAKS = ("OCM-SHARE-122", "OCM-SHARE-110")
SEEN = ("error pages of proxies and frameworks",)


def build() -> Departure:
    """Status right, body a page."""

    def change(request, response):
        if response.status < 400:
            return None
        return Response(response.status, {"content-type": "text/html"}, b"<h1>Bad Request</h1>")

    return answers("/ocm/shares", change)
