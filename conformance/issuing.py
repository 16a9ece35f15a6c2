"""All that a simulated site issues and nobody else may see, noted where it is made.

Whatever comes out of the site's chance or out of a kind of token is a secret unless it is named here, so that
a new kind of credential is hidden before anybody thinks of it.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from meshsim.departure import Departure
from meshsim.site.ports import Entropy, Ports
from meshsim.site.profile import Profile
from meshsim.tokens import Grant, TokenKind

OPEN = frozenset({"providerId", "lock"})
"""Purposes of chance that make no secret: the id of a share, which peers name, and that of a lock, which is
shown to all who may read the file."""


class Noting:
    """Chance whose texts are noted."""

    def __init__(self, entropy: Entropy, note: Callable[[str, str], None]) -> None:
        self._entropy, self._note = entropy, note
        self.key, self.bytes = entropy.key, entropy.bytes

    def token(self, purpose: str, count: int = 24) -> str:
        """The next one."""
        text = self._entropy.token(purpose, count)
        if purpose not in OPEN:
            self._note(purpose, text)
        return text


class Issuing:
    """A kind of token whose tokens are noted."""

    def __init__(self, kind: TokenKind, note: Callable[[str, str], None]) -> None:
        self._kind, self._note = kind, note
        self.stateless, self.read = kind.stateless, kind.read

    def issue(self, grant: Grant) -> str:
        """A token for the grant."""
        token = self._kind.issue(grant)
        self._note("grant", token)
        return token


def noting(departure: Departure, note: Callable[[str, str], None]) -> Departure:
    """The same departure; `note` is told the purpose and the text of each secret that the site issues."""

    def made(make: Any) -> Any:
        return lambda key, token: Issuing(make(key, token), note)

    def profile(kept: Profile) -> Profile:
        kept = departure.profile(kept)
        return replace(kept, secret_kind=made(kept.secret_kind), token_kind=made(kept.token_kind))

    def ports(kept: Ports) -> Ports:
        kept = departure.ports(kept)
        return replace(kept, entropy=Noting(kept.entropy, note))

    return Departure(profile, ports, departure.face)
