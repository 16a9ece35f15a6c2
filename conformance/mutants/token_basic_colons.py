"""A secret is filled up with colons."""

import base64

from conformance.mutants._parts import calls, relabelled
from meshsim.departure import Departure

AREA = "token"
BREAKS = ("OCM-ACC-013",)
SEEN = ("FB-073",)


def build() -> Departure:
    """There is a password then."""

    def change(request):
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme != "Basic":
            return request
        padded = base64.b64encode(base64.b64decode(value) + b"::").decode()
        return relabelled(request, {"authorization": f"Basic {padded}"})

    return calls(change)
