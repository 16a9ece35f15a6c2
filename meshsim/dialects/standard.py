"""The newest draft, API 1.5.0; towards older servers, what they can read."""

from meshsim.dialects import KINDS, Dialect, Document, _legacy
from meshsim.dialects._rfc9421 import SIGNING
from meshsim.ocm import API_VERSION
from meshsim.ocm.discovery import LEGACY_PATH, WELL_KNOWN
from meshsim.ocm.errors import LocalError
from meshsim.ocm.notification import TYPES

KEYS_PATH = "/.well-known/jwks.json"


def _speak(kind: str, document: Document, peer: Document | None = None, secret: str = "") -> Document:
    if peer is None or kind in _speaks_plain(peer):
        return document
    theirs = _legacy.version(peer)
    if kind == "notification":
        return _legacy.speak_notification(document, theirs, secret)
    return _legacy.speak_share(document, multi=theirs == (1, 1))


def _speak_unfound(kind: str, document: Document, peer: Document | None = None, secret: str = "") -> Document:
    """The same of a server that is not at /ocm-provider: who looks nowhere else could not open a share."""
    if kind == "share" and peer is not None and _legacy.version(peer) < (1, 2):
        raise LocalError(
            f"a server of OCM {peer.get('apiVersion')} looks for {LEGACY_PATH}, which this one does not have",
            status=501,
        )
    return _speak(kind, document, peer, secret)


def _speaks_plain(peer: Document) -> frozenset[str]:
    theirs = _legacy.version(peer)
    if theirs >= (1, 5):
        return frozenset(KINDS)
    return frozenset(KINDS) - ({"share", "notification"} if theirs < (1, 2) else {"notification"})


def _needs(kind: str, document: Document) -> str:
    return _legacy.provider_in_url(document) if kind == "acceptance" else ""


def _hear(kind: str, document: Document, host: str = "", peer: Document | None = None) -> Document:
    # A name, and no URL, is what everybody else has to say (OCM-INV-024).
    if kind == "acceptance" and peer is not None and _legacy.version(peer) < (1, 2):
        return _legacy.hear_acceptance(document)
    if kind == "discovery" and _legacy.version(document) < (1, 5):
        return _legacy.hear_discovery(document)
    if kind == "notification" and ("senderDomain" not in document or "providerId" in document):
        if (removal := _legacy.hear_removal(document)) is not None:
            return removal
        return _legacy.hear_notification(document, host)
    return document


def build(*, legacy_discovery: bool = True, signed: bool = True) -> Dialect:
    """`legacy_discovery` serves the document and keys also where older servers look: at /ocm-provider
    until 1.3, at /.well-known/jwks.json until 1.4.

    `signed=False` is a server without HTTP Message Signatures.
    """
    # The draft has only the well-known path since 1.4; real servers keep the old one for their peers.
    old = (LEGACY_PATH, LEGACY_PATH + "/")
    return Dialect(
        name="standard",
        api_version=API_VERSION,
        discovery_served=(WELL_KNOWN, *old) if legacy_discovery else (WELL_KNOWN,),
        discovery_tried=(WELL_KNOWN, *old),
        # Until jwksUri came with 1.5, keys were looked for there (OCM-LEG-022).
        keys_served=(KEYS_PATH,) if legacy_discovery and signed else (),
        speak=_speak if legacy_discovery else _speak_unfound,
        hear=_hear,
        needs=_needs,
        plain=frozenset(KINDS) - {"discovery"},
        speaks_plain=_speaks_plain,
        signing=SIGNING if signed else None,
        exchanges=True,
        invites=True,
        notifications=frozenset(TYPES),
        dav_auth=("bearer", "basic"),
    )
