"""The short-lived token that a sharedSecret is exchanged for: a signed JWT in the manner of RFC 9068.

Whoever holds it can read it, so what is private to the site (path, namespace, endpoint) is not in it.
"""

from collections.abc import Callable

from meshsim.tokens import Grant, TokenKind
from meshsim.tokens._jws import Claims, Jws


class Exchanged:
    """Grants for a share, signed."""

    stateless = True

    def __init__(self, key: bytes, token: Callable[[], str]) -> None:
        self._jws = Jws(key, "at+jwt")
        self._token = token

    def issue(self, grant: Grant) -> str:
        """The token; ValueError for a grant without end."""
        if grant.expires is None:
            raise ValueError("an exchanged token must expire")
        claims = Claims(
            grant.share, grant.client, grant.issued, self._token(), grant.permissions, grant.expires
        )
        return self._jws.write(claims)

    def read(self, token: str, now: float) -> Grant:
        """The grant without path, namespace and endpoint; BadToken."""
        return self._jws.read(token, now)


def build(key: bytes, token: Callable[[], str]) -> TokenKind:
    """`token` makes the jti."""
    return Exchanged(key, token)
