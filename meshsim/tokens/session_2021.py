"""What Reva put into a share in 2021: the owner's own session, signed and readable by everybody.

It holds who the owner is, opens all they have, and ends a day later unless the share says when.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import asdict

from meshsim.tokens import Grant, TokenKind
from meshsim.tokens._jws import Claims, Jws

DAY = 86400


class Session(Claims, frozen=True, omit_defaults=True):
    """The claims of a session; those of the share ride along, so that ours can be told apart."""

    iss: str = ""
    aud: str = "reva"
    user: dict[str, Any] = {}


class Sessions:
    """Sessions instead of grants."""

    stateless = True

    def __init__(self, key: bytes, token: Callable[[], str]) -> None:
        self._jws = Jws(key, "JWT")
        self._token = token

    def issue(self, grant: Grant) -> str:
        """A session of the owner."""
        host, _, owner = grant.namespace.partition("/")
        claims = Claims(
            grant.share,
            grant.client,
            grant.issued,
            self._token(),
            grant.permissions,
            grant.issued + DAY if grant.expires is None else grant.expires,
            namespace=grant.namespace,
        )
        user = {"id": {"opaque_id": owner, "idp": host, "type": 1}, "username": owner}
        return self._jws.write(Session(**asdict(claims), iss=host, user=user))

    def read(self, token: str, now: float) -> Grant:
        """The grant, without path and endpoint; BadToken."""
        return self._jws.read(token, now)


def build(key: bytes, token: Callable[[], str]) -> TokenKind:
    """`token` makes the jti."""
    return Sessions(key, token)
