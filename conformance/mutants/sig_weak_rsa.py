"""RSA keys of any size are good enough."""

import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.ocm.document import load
from meshsim.ocm.errors import Unauthenticated, Unavailable
from meshsim.ocm.keys import ALGORITHMS
from meshsim.site.peers import Peers

AREA = "signature"
BREAKS = (
    "OCM-JWA-001",
    "OCM-SIG-071",
)
SEEN = ("FB-088",)


class Tiny:
    """A key that is taken as it comes."""

    def __init__(self, jwk):
        self.kid, self.alg = jwk["kid"], jwk["alg"]
        n, e = (int.from_bytes(base64.urlsafe_b64decode(jwk[name] + "===")) for name in "ne")
        self.key = rsa.RSAPublicNumbers(e, n).public_key()

    @property
    def algorithm(self):
        """As the JWK says."""
        return ALGORITHMS[self.alg]

    def verify(self, signature, data):
        """Whether it holds."""
        try:
            self.key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True

    def thumbprint(self):
        """Its name will do."""
        return self.kid


class Careless(Peers):
    """Sizes are not looked at."""

    async def key(self, peer, keyid):
        """Also what the parser would refuse."""
        try:
            return await super().key(peer, keyid)
        except (Unavailable, Unauthenticated):
            found = load(await self.fetch(peer.discovery.jwks_uri))
            for jwk in found.get("keys", ()):
                if jwk.get("kty") == "RSA":
                    return Tiny(jwk)
            raise


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(peers=Careless)
