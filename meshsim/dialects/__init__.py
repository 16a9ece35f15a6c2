"""One site's accent: how it speaks OCM and what it understands.

A plug-in offers `build(**options) -> Dialect`. Documents are plain JSON objects; the inner form
is always that of the newest draft. `speak` makes the accent of it, `hear` undoes an accent.
"""

from typing import Protocol, runtime_checkable

Document = dict[str, object]

KINDS = ("discovery", "share", "share-answer", "notification", "acceptance", "identity", "token-request")


@runtime_checkable
class Dialect(Protocol):
    """The switches are facts about a product; the transforms are about one document each."""

    name: str
    api_version: str
    discovery_served: tuple[str, ...]
    """Paths that answer with the discovery document."""
    discovery_tried: tuple[str, ...]
    """Paths asked at a peer, in order."""
    signatures: str
    """How it signs and what it verifies: "rfc9421", "cavage" or ""."""
    exchanges: bool
    """Whether it knows token exchange."""
    invites: bool
    """Whether it knows the invitation workflow."""
    notifications: frozenset[str]
    """The notification types it sends and takes."""
    dav_auth: tuple[str, ...]
    """WebDAV credentials it uses as a client, in order of trying: "bearer", "basic"."""
    protocol_object: bool
    """Whether it understands protocol objects, or only options.sharedSecret."""
    plain: frozenset[str]
    """Kinds that it speaks and hears exactly as the newest draft, so that nothing need be done."""

    def speak(self, kind: str, document: Document, peer: "Document | None" = None) -> Document:
        """The document in this accent, for a peer with that (heard) discovery document."""
        ...

    def hear(self, kind: str, document: Document) -> Document:
        """A document in this or an older accent, in the words of the newest draft."""
        ...

    def status(self, kind: str, status: int) -> int:
        """The status this product answers where the newest draft says `status`."""
        ...
