"""Keys that nobody may accept: too weak, or no keys at all. They sign where `signing.sign` wants a key."""

import base64
import hmac
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from meshsim.ocm.keys import ALGORITHMS, PrivateKey

# Always the same one, so that a run repeats itself.
P = 0xD2CAB9EE24FD313A75C9AA17DF8E66EB0BC7BBDFE2B8800F7040093CFAA93EF8A3B7FD89AD600073BDC83599ACE0007FA9B064A4285B46E5856BC16312D4806F  # noqa: E501
Q = 0xC2DA1AB573D49127E92211D4F4C11500595EEF5631AF794087AF1279224554EEA4C3E686125262D60A4FB4312BBFD0A0DDEFC9A4C25E3CC9A93E2064756902DF  # noqa: E501
E = 65537


class Weak:
    """RSA with 1024 bits."""

    algorithm = ALGORITHMS["RS256"]

    def __init__(self, kid: str) -> None:
        self.kid = kid
        d = pow(E, -1, (P - 1) * (Q - 1))
        parts = (P, Q, d, rsa.rsa_crt_dmp1(d, P), rsa.rsa_crt_dmq1(d, Q), rsa.rsa_crt_iqmp(P, Q))
        self._key = rsa.RSAPrivateNumbers(*parts, rsa.RSAPublicNumbers(E, P * Q)).private_key()

    def sign(self, data: bytes) -> bytes:
        """As RS256 has it."""
        return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())

    def jwk(self) -> dict[str, Any]:
        """What a key set has of it."""
        n = base64.urlsafe_b64encode((P * Q).to_bytes(128)).decode().rstrip("=")
        return {"kty": "RSA", "alg": "RS256", "kid": self.kid, "n": n, "e": "AQAB"}


class Forged:
    """The public key of somebody as if it were a shared secret: HMAC with what everybody knows."""

    def __init__(self, key: PrivateKey) -> None:
        self.kid, self.algorithm = key.kid, key.algorithm
        self._octets = base64.urlsafe_b64decode(str(key.jwk()["x"]) + "==")

    def sign(self, data: bytes) -> bytes:
        """HMAC with SHA-256."""
        return hmac.digest(self._octets, data, "sha256")
