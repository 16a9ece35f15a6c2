"""The token of the ScienceMesh paper: a JWT with path, namespace, permissions and endpoint, encrypted.

Signed, then encrypted to the site's own key: the recipient carries it and cannot read it.
"""

from collections.abc import Callable
from hmac import digest

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwa import GCMEncModel
from joserfc.jwk import OctKey

from meshsim.tokens import BadToken, Grant, TokenKind
from meshsim.tokens._jws import Claims, Jws, check, derive

HEADER = {"alg": "dir", "enc": "A256GCM", "cty": "JWT"}


class SyntheticGcm(GCMEncModel):
    """A256GCM whose nonce is made of key and plaintext (RFC 5297 has the idea), not of chance.

    One seed gives the same bytes; and a nonce comes twice only with the same plaintext, which each jti
    makes another.
    """

    def __init__(self, nonce: bytes) -> None:
        super().__init__(256)
        self._nonce = nonce

    def generate_iv(self) -> bytes:
        """The nonce."""
        return self._nonce


class Registry(jwe.JWERegistry):
    """Knows only how we encrypt; neither compression nor another key management exists."""

    def __init__(self, nonce: bytes = b"") -> None:
        super().__init__(algorithms=["dir", "A256GCM"])
        known = jwe.JWERegistry.algorithms["alg"]
        self.algorithms = {"alg": {"dir": known["dir"]}, "enc": {"A256GCM": SyntheticGcm(nonce)}, "zip": {}}


class Paper:
    """Grants that only the site itself can read."""

    stateless = True

    def __init__(self, key: bytes, token: Callable[[], str]) -> None:
        self._jws = Jws(key, "JWT")
        self._nonces = derive(key, "nonce")
        self._key = OctKey.import_key(derive(key, "encrypt"))
        self._token = token
        self._prefix = self._encrypt("").partition(".")[0] + ".."

    def issue(self, grant: Grant) -> str:
        """The token; it lasts as long as the share if the grant has no end."""
        claims = Claims(
            grant.share,
            grant.client,
            grant.issued,
            self._token(),
            grant.permissions,
            grant.expires,
            grant.path,
            grant.namespace,
            grant.endpoint,
        )
        return self._encrypt(self._jws.write(claims))

    def read(self, token: str, now: float) -> Grant:
        """The whole grant; BadToken."""
        check(token, self._prefix)
        try:
            inner = jwe.decrypt_compact(token, self._key, registry=Registry()).plaintext or b""
        except (JoseError, ValueError):
            raise BadToken("not a token of this server, or altered") from None
        return self._jws.read(inner.decode(), now)

    def _encrypt(self, text: str) -> str:
        nonce = digest(self._nonces, text.encode(), "sha256")[:12]
        return jwe.encrypt_compact(dict(HEADER), text, self._key, registry=Registry(nonce))


def build(key: bytes, token: Callable[[], str]) -> TokenKind:
    """`token` makes the jti."""
    return Paper(key, token)
