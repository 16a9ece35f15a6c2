"""One site's accent: how it speaks OCM and what it understands.

A plug-in offers `build(**options) -> Dialect`. Documents are plain JSON objects, never changed in
place; the inner form is always that of the newest draft. `speak` makes the accent of it, `hear`
undoes an accent, its own or another that it understands.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from meshsim.ocm import base64url
from meshsim.ocm.errors import OcmError
from meshsim.ocm.keys import PrivateKey, PublicKey
from meshsim.wire import Headers, Request, Response

Document = dict[str, object]
Handler = Callable[[Request], Awaitable[Response]]

DAV_PATH = "/dav/ocm"
"""Where most accents have what was shared."""

KINDS = ("discovery", "share", "share-answer", "notification", "acceptance", "identity")


class Proof(Protocol):
    """A signature found on a request, not yet verified."""

    @property
    def keyid(self) -> str:
        """The name of the key that made it."""
        ...

    def verify(self, request: Request, key: PublicKey, now: float) -> None:
        """Return if the key signed this request just now; OcmError if not."""
        ...


class Signing(msgspec.Struct, frozen=True):
    """A way to sign requests and to check who signed them."""

    algorithm: str | None
    """The kind of key it must have, if it does not take them all."""
    sign: Callable[[Request, PrivateKey, float], Request]
    signed: Callable[[Headers], Proof | None]
    """The signature a request carries, None if none; OcmError if it cannot be read."""
    peer_checks: Callable[[Document], bool]
    """Whether a server with that (heard) discovery document signs, and checks what we sign."""
    publish: Callable[[PublicKey], Document]
    """What its discovery document says of the key, beside jwksUri."""
    find_key: Callable[[Document], PublicKey] | None
    """The key in a peer's discovery document; None if keys are fetched from jwksUri."""
    infers_alg: Callable[[Document], bool] = lambda document: False
    """Whether keys of a server with that (heard) discovery document may leave out `alg`."""


Speak = Callable[[str, Document, Document | None, str], Document]


class Hear(Protocol):
    """Undoes an accent."""

    def __call__(
        self, kind: str, document: Document, host: str = "", peer: Document | None = None
    ) -> Document:
        """See `Dialect.hear`."""
        ...


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """Facts about a kind of server, and its two transforms."""

    name: str
    api_version: str
    discovery_served: tuple[str, ...]
    """Paths that answer with the discovery document."""
    discovery_tried: tuple[str, ...]
    """Paths asked at a peer, in order."""
    keys_served: tuple[str, ...] = ()
    """Paths that answer with the keys, beside the one that jwksUri names."""
    speak: Speak
    """Called with kind, document, the peer's heard discovery document, and the secret of the share.

    LocalError, with the reason, for what cannot be said to that peer in this accent.
    """
    hear: Hear
    """Called with kind, document, the host it is known to come from, if it is, and what `needs` asked for.

    OcmError for what it does not understand.
    """
    needs: Callable[[str, Document], str] = lambda kind, document: ""
    """The host whose (heard) discovery document tells how to hear that document; "" if none does."""
    plain: frozenset[str]
    """Kinds that it hears unchanged where they have the form of the newest draft."""
    speaks_plain: Callable[[Document], frozenset[str]]
    """Kinds that it says, to a server with that heard discovery document, as the newest draft has them."""
    signing: Signing | None
    exchanges: bool
    """Whether it knows token exchange."""
    invites: bool
    """Whether it knows the invitation workflow."""
    notifications: frozenset[str]
    """The notification types it sends and takes, by their newest names."""
    dav_auth: tuple[str, ...]
    """WebDAV credentials it uses as a client, in order of trying: "bearer", "basic"."""
    asks_for_json: bool = True
    """Whether it says, when it asks for a discovery document, that it wants JSON."""
    strangers_first: bool = False
    """Whether it says of a share that it is for nobody here before it asks for an invite."""
    sender_signs: bool = False
    """Whether a notification is from whoever signed it, whatever it says of that."""
    refuses: Callable[[str, OcmError], OcmError] = lambda endpoint, error: error
    """What it says where a site refuses: given the endpoint (shares, notifications, invite-accepted, webdav)
    and the reason."""
    face: Callable[[Handler], Handler] = lambda handler: handler
    """What its answers differ in beside the documents; put around all that the site answers."""
    criteria: tuple[str, ...] = ()
    """What it demands of others without being told to."""
    requirements: frozenset[str] = frozenset()
    """What it demands of whoever receives a share."""
    dav_path: str = DAV_PATH
    token_kind: str = ""
    """What an exchanged token is, whatever the plan says; "" leaves it to the plan."""
    key_name: str = "1"
    """What comes after the # in the name of its key."""
    share_id: Callable[[bytes], str] = base64url.encode
    """The providerId of a new share, out of 12 bytes of chance."""
