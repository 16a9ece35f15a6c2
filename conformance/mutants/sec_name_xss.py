"""An error is a page in which names stand as they came."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response, octets

AREA = "security"
BREAKS = ("OCM-SEC-002",)
SEEN = ("FB-146",)


def build() -> Departure:
    """Nothing is escaped."""

    def change(request, response):
        if response.status < 400 or b"<script>" not in octets(request.body):
            return None
        page = b"<h1>Cannot take this</h1><p>" + octets(request.body)
        return Response(response.status, {"content-type": "text/html"}, page)

    return answers("/ocm/shares", change)
