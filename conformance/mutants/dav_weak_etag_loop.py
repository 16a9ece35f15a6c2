"""GET gives weak entity tags, with which nothing can be written."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "webdav"
BREAKS = (
    "OCM-HTTP-003",
    "OCM-DAV-012",
)
SEEN = ("FB-101",)


def build() -> Departure:
    """W/ before what is strong elsewhere."""

    def change(request, response):
        tag = response.headers.get("etag")
        if tag is None or request.method != "GET":
            return None
        return Response(response.status, {**response.headers, "etag": f"W/{tag}"}, response.body)

    return answers("/dav/ocm/", change)
