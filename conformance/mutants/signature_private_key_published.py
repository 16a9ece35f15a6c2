"""The key set shows the private part of the key."""

from conformance.mutants._parts import answers, document
from meshsim.departure import Departure

AREA = "security"
BREAKS = ("OCM-SIG-001",)
SEEN = ("a key exported whole by its library",)


def build() -> Departure:
    """Member d stands beside x."""

    def change(found):
        for key in found["keys"]:
            key["d"] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

    return answers("/ocm/jwks", lambda request, response: document(response, change))
