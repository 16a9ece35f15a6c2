"""The name of the key is another in the key set than in what it signs."""

from conformance.mutants._parts import answers, document
from meshsim.departure import Departure

AREA = "signature"
BREAKS = ("OCM-SIG-026",)
SEEN = ("FB-079",)


def build() -> Departure:
    """One is of the inner host, one of the outer."""

    def change(request, response):
        def rename(found):
            for key in found["keys"]:
                key["kid"] = "internal.example.org#1"

        return document(response, rename)

    return answers("/ocm/jwks", change)
