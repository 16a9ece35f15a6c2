"""Grants as the claims of a signed token: what the kinds that carry their grant have in common."""

from hmac import digest, new

import jwt
import msgspec

from meshsim.ocm import base64url
from meshsim.tokens import BadToken, Grant

LIMIT = 16 * 1024
"""Characters of a token that are looked at."""


class Claims(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Names of RFC 9068 where it has them; the last three only where nobody else can read them."""

    sub: str
    client_id: str
    iat: int
    jti: str
    permissions: tuple[str, ...]
    exp: int | None = None
    path: str = ""
    namespace: str = ""
    endpoint: str = ""


def derive(key: bytes, purpose: str) -> bytes:
    """A key of its own for each purpose, so that no token of one kind passes for another."""
    return digest(key, purpose.encode(), "sha256")


class Jws:
    """Signs claims with a key of the site's own, and reads what it signed."""

    def __init__(self, key: bytes, typ: str) -> None:
        self._key = derive(key, f"sign {typ}")
        # PyJWT's layer below JWT: the one above asks the wall clock.
        self._jws = jwt.PyJWS(algorithms=["HS256"])
        self._prefix = self._jws.encode(b"", self._key, "HS256", {"typ": typ}).partition(".")[0] + "."
        self._keyed = new(self._key, digestmod="sha256")

    def write(self, claims: Claims) -> str:
        """The signed token."""
        # PyJWT made the header. Its encode() makes the same header each time, and takes the key in anew.
        signed = self._prefix + base64url.encode(msgspec.json.encode(claims))
        signature = self._keyed.copy()
        signature.update(signed.encode())
        return f"{signed}.{base64url.encode(signature.digest())}"

    def read(self, token: str, now: float) -> Grant:
        """The grant of a token that this key signed and that is not past its time; BadToken."""
        # We wrote the header ourselves: any other, above all another alg, is not ours.
        check(token, self._prefix)
        try:
            payload = self._jws.decode(token, self._key, algorithms=["HS256"])
            claims = msgspec.json.decode(payload, type=Claims)
        except (jwt.PyJWTError, msgspec.MsgspecError):
            raise BadToken("not a token of this server, or altered") from None
        if claims.exp is not None and claims.exp <= now:
            raise BadToken(f"expired {now - claims.exp:.0f} s ago")
        return Grant(
            share=claims.sub,
            client=claims.client_id,
            path=claims.path,
            namespace=claims.namespace,
            permissions=claims.permissions,
            endpoint=claims.endpoint,
            issued=claims.iat,
            expires=claims.exp,
        )


def check(token: str, prefix: str) -> None:
    """BadToken unless the token begins so, is not too long and has canonical base64url in all its parts."""
    if len(token) > LIMIT or not token.startswith(prefix):
        raise BadToken("not a token of this server")
    try:
        for part in token.split("."):
            base64url.decode(part)
    except ValueError:
        raise BadToken("not a token of this server, or altered") from None
