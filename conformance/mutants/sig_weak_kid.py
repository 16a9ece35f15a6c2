"""Keys have no kid."""

from conformance.mutants._parts import answers, document
from meshsim.departure import Departure

AREA = "signature"
BREAKS = ("OCM-SIG-040",)
SEEN = ("FB-086",)


def build() -> Departure:
    """They have to be tried."""

    def change(request, response):
        return document(response, lambda d: [k.pop("kid") for k in d["keys"]] and None)

    return answers("/ocm/jwks", change)
