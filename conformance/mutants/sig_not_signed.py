"""Nothing is signed, though http-sig is advertised."""

from conformance.mutants._parts import calls
from meshsim.departure import Departure
from meshsim.wire import Request

AREA = "signature"
BREAKS = ("OCM-SIG-010", "OCM-TOK-003")
SEEN = ("FB-085",)


def build() -> Departure:
    """The fields are lost on the way out, as behind a proxy."""

    def change(request):
        kept = {n: v for n, v in request.headers.items() if n not in ("signature", "signature-input")}
        return Request(request.method, request.url, kept, request.body, request.remote)

    return calls(change)
