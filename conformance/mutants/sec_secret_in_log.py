"""An error repeats the credential that was shown."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "security"
BREAKS = ("OCM-TOK-043",)
SEEN = ("FB-131",)


def build() -> Departure:
    """For those who look for the fault."""

    def change(request, response):
        if response.status != 401:
            return None
        told = f"wrong credential: {request.headers.get('authorization', 'none')}"
        return Response(401, {**response.headers, "content-type": "text/plain"}, told.encode())

    return answers("/dav/ocm/", change)
