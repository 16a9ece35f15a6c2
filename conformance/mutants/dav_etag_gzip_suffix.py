"""Compressed answers have an entity tag of their own, which no write knows."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "webdav"
BREAKS = ("OCM-HTTP-003",)
SEEN = ("FB-100",)


def build() -> Departure:
    """A proxy adds a suffix."""

    def change(request, response):
        tag = response.headers.get("etag")
        if tag is None or "gzip" not in request.headers.get("accept-encoding", ""):
            return None
        return Response(response.status, {**response.headers, "etag": tag[:-1] + '-gzip"'}, response.body)

    return answers("/dav/ocm/", change)
