"""A random secret that says nothing: the site has to remember what it opens."""

from collections.abc import Callable

from meshsim.tokens import BadToken, Grant, TokenKind


class Opaque:
    """Text without meaning."""

    stateless = False

    def __init__(self, token: Callable[[], str]) -> None:
        self._token = token

    def issue(self, grant: Grant) -> str:
        """The next unguessable text."""
        return self._token()

    def read(self, token: str, now: float) -> Grant:
        """BadToken, whatever the token: there is nothing in it."""
        raise BadToken("an opaque token carries no grant")


def build(key: bytes, token: Callable[[], str]) -> TokenKind:
    """`key` is not needed."""
    return Opaque(token)
