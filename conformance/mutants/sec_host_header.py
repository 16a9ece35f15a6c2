"""URLs are made of the Host header of whoever asks."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response, octets

AREA = "security"
BREAKS = ("OCM-SEC-002",)
SEEN = ("FB-142",)


def build() -> Departure:
    """So a cache can be filled with another host."""

    def change(request, response):
        forged = request.headers.get("host") or request.target.authority
        body = octets(response.body).replace(request.target.authority.encode(), forged.encode())
        return Response(response.status, response.headers, body)

    return answers("/.well-known/ocm", change)
