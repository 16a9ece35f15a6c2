"""OCM 1.1 of 2023: `multi` protocol, capabilities as paths, invites; no signatures, no token exchange."""

from meshsim.dialects import Dialect, Document, _legacy
from meshsim.ocm.discovery import LEGACY_PATH
from meshsim.ocm.errors import NotFound, OcmError, UnknownToken

VERSION = "1.1.0"


def _speak(kind: str, document: Document, peer: Document | None = None, secret: str = "") -> Document:
    match kind:
        case "discovery":
            old = _legacy.speak_discovery(document, VERSION, "enabled", "endPoint", "provider")
            return {**old, "capabilities": ["/notifications", "/invite-accepted"]}
        case "share":
            return _legacy.speak_share(document, multi=_legacy.version(peer) >= (1, 1))
        case "notification":
            return _legacy.speak_notification(document, (1, 1), secret)
        case "acceptance":
            return {**document, "recipientProvider": f"https://{document['recipientProvider']}"}
    return document


def _hear(kind: str, document: Document, host: str = "", peer: Document | None = None) -> Document:
    match kind:
        case "discovery":
            return _legacy.hear_discovery(document)
        case "notification":
            return _legacy.hear_proven_notification(document, host)
        case "acceptance":
            return _legacy.hear_acceptance(document)
    return document


def _refuses(endpoint: str, error: OcmError) -> OcmError:
    return NotFound(error.message) if isinstance(error, UnknownToken) else error


def build() -> Dialect:
    """No options."""
    return Dialect(
        name="ocm_1_1",
        api_version=VERSION,
        discovery_served=(LEGACY_PATH, LEGACY_PATH + "/"),
        discovery_tried=(LEGACY_PATH, LEGACY_PATH + "/"),
        speak=_speak,
        hear=_hear,
        speaks_plain=lambda peer: frozenset({"share-answer", "identity"}),
        plain=frozenset({"share", "share-answer", "identity"}),
        signing=None,
        exchanges=False,
        invites=True,
        notifications=_legacy.NOTIFICATIONS,
        dav_auth=("bearer", "basic"),
        # wire.md section 4: 1.1 has 404 where later texts have 400.
        refuses=_refuses,
    )
