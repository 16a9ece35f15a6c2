"""The URL that is signed is not the one that is called."""

from conformance.mutants._parts import calls
from meshsim.departure import Departure
from meshsim.wire import Request

AREA = "signature"
BREAKS = ("OCM-SEC-006", "OCM-TOK-003")
SEEN = ("FB-081",)


def build() -> Departure:
    """A query is added on the way."""

    def change(request):
        if request.method != "POST":
            return request
        return Request(
            request.method, request.url + "?via=proxy", request.headers, request.body, request.remote
        )

    return calls(change)
