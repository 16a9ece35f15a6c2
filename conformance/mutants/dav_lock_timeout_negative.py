"""The time that a lock has left is negative."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response, octets

AREA = "webdav"
BREAKS = ("OCM-DAV-011",)
SEEN = ("FB-109",)


def build() -> Departure:
    """Absolute and relative times are mixed."""

    def change(request, response):
        if b"timeout>Second-" not in octets(response.body):
            return None
        body = octets(response.body).replace(b"timeout>Second-", b"timeout>Second--")
        return Response(response.status, {**response.headers, "content-length": str(len(body))}, body)

    return answers("/dav/ocm/", change)
