"""How a site behaves: its accent, its criteria, its limits. Shared by many sites, never changed."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from meshsim.dialects import Dialect
from meshsim.ocm.address import parse_host
from meshsim.policies import Every, Policy
from meshsim.site.listing import Provider, Source
from meshsim.tokens import TokenKind
from meshsim.wire import split

MakeKind = Callable[[bytes, Callable[[], str]], TokenKind]


class Profile(msgspec.Struct, frozen=True):
    """Times are in seconds."""

    dialect: Dialect
    policy: Policy
    """Judges every OCM request from a peer; made of the criteria below and what is added to them."""
    secret_kind: MakeKind
    """What a sharedSecret is."""
    token_kind: MakeKind
    """What an exchanged token is."""
    outgoing: Policy = Every()
    """Says which hosts may be called at all; asked with the endpoint "call"."""
    provider: str = "meshsim"
    scheme: str = "https"
    enabled: bool = True
    criteria: tuple[str, ...] = ()
    """What discovery says that peers must do."""
    exchange: bool = True
    """Offers and uses token exchange, if the dialect knows it."""
    unsigned_tokens: bool = False
    """Takes token requests without a signature (wire.md section 8, 11); the draft demands one."""
    mfa: bool = False
    """Honours must-use-mfa (capability enforce-mfa)."""
    providers: tuple[Provider, ...] = ()
    """Servers that users are offered, from a list of the site's own."""
    directories: tuple[Source, ...] = ()
    """Directories whose servers users are offered."""
    directory_lifetime: float = 3600.0
    session_secrets: bool = False
    """As Reva in 2021: the secret of a share is a session of its owner, and opens all they have."""
    pairs: bool = False
    """Shows the API keys that it shares with other servers."""
    central: str = ""
    """The host of the central service that keys are polled from, if they are."""
    federation: str = ""
    """The name of the federation whose directory this site keeps, if it keeps one."""
    key_algorithm: str = "Ed25519"
    ask_reshare: bool = False
    """Ask the owner before passing a share on; else the share's permission "share" decides."""
    invite_lifetime: float = 7 * 86400.0
    token_lifetime: int = 3600
    discovery_lifetime: float = 900.0
    offer_patience: float = 3600.0
    """How long an undelivered share is offered before it is taken back."""
    tell_patience: float = 7 * 86400.0
    """How long the other side is told of a change before it is given up."""
    memory: float = 90 * 86400.0
    """How long the records keep what has ended: a share taken back, an invite past its time."""
    token_bytes: int = 24
    """Bytes of chance in an invite's token and in a secret; below 16 they can be guessed."""
    timeout: float = 10.0
    """For one request to a peer."""
    max_body: int = 1024 * 1024
    """Bytes of an OCM request."""
    services: Mapping[str, Callable[..., Any]] = {}
    """Services that stand in for the site's own, by name (`sending`, `gate`, ...); each takes the site."""

    @property
    def directory_hosts(self) -> frozenset[str]:
        """Where the directories are."""
        return frozenset(parse_host(split(source.url).authority) for source in self.directories)
