"""Keys are published without alg, as the examples of 1.3 had them."""

from conformance.mutants._parts import answers, document
from meshsim.departure import Departure

AREA = "signature"
BREAKS = ("OCM-SIG-041", "OCM-SIG-042")
SEEN = ("wire.md 8, 28: most servers of 1.3 and 1.4",)


def build() -> Departure:
    """The algorithm has to be guessed."""

    def change(found):
        for key in found["keys"]:
            key.pop("alg")

    return answers("/ocm/jwks", lambda request, response: document(response, change))
