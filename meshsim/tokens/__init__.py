"""What a credential is: how a site makes the secrets and tokens that open a share, and reads them.

A plug-in offers `build(key, token) -> TokenKind`: `key` is 32 bytes of the site's own, `token` a
callable that gives the next unguessable text.
"""

from typing import Protocol

import msgspec


class Grant(msgspec.Struct, frozen=True, gc=False):
    """What a token opens. Times are seconds since the Unix epoch."""

    share: str
    """providerId of the share."""
    client: str
    """Host of the receiving server."""
    path: str
    namespace: str
    permissions: tuple[str, ...]
    endpoint: str
    issued: int
    expires: int | None


class BadToken(Exception):
    """The token is not ours, was altered, or is past its time."""


class TokenKind(Protocol):
    """Makes tokens and reads them back."""

    stateless: bool
    """True if the grant is inside the token; else the site has to remember it."""

    def issue(self, grant: Grant) -> str:
        """A token for the grant."""
        ...

    def read(self, token: str, now: float) -> Grant:
        """The grant of a stateless token; BadToken. What the token does not carry is empty in it."""
        ...
