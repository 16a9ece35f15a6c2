"""The message says by which algorithm it is checked, and HMAC with the public key is one."""

import base64
import hmac

from conformance.mutants._parts import reads
from meshsim.departure import Departure
from meshsim.ocm import signatures

AREA = "signature"
BREAKS = (
    "OCM-SIG-047",
    "OCM-SIG-050",
)
SEEN = ("FB-090",)


class Confused:
    """A proof that names its own algorithm."""

    def __init__(self, found):
        self.found = found
        self.keyid = found.keyid

    def verify(self, request, key, now):
        """HMAC where the message says so."""
        if self.found.alg != "hmac-sha256":
            return self.found.verify(request, key, now)
        octets = base64.urlsafe_b64decode(str(key.jwk()["x"]) + "==")
        base = signatures._base(request, request.headers, self.found.covered, self.found.params)
        if not hmac.compare_digest(hmac.digest(octets, base, "sha256"), self.found.signature):
            raise signatures.SignatureError("false")
        return None


def build() -> Departure:
    """Signatures are read as ever."""

    def signed(read, headers):
        found = read(headers)
        return None if found is None else Confused(found)

    return reads(signed)
