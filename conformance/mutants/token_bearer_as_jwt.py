"""A bearer that is no JWT breaks the server."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "token"
BREAKS = ("OCM-ACC-031",)
SEEN = ("FB-071",)


def build() -> Departure:
    """The proxy in front parses it."""

    def change(request, response):
        shown = request.headers.get("authorization", "").partition(" ")[2]
        return Response(500) if response.status == 401 and shown.count(".") != 2 else None

    return answers("/dav/ocm/", change)
