"""OCM 1.0 of 2020: discovery at /ocm-provider, options.sharedSecret, Basic authentication on WebDAV."""

from meshsim.dialects import Dialect, Document, Signing, _cavage, _legacy
from meshsim.ocm.discovery import LEGACY_PATH
from meshsim.ocm.keys import PublicKey

VERSION = "1.0-proposal1"
"""What ownCloud 10 says, and Nextcloud said for years (wire.md section 1)."""


def _speak(kind: str, document: Document, peer: Document | None = None, secret: str = "") -> Document:
    match kind:
        case "discovery":
            return _legacy.speak_discovery(document, VERSION, "enabled", "endPoint", "publicKey")
        case "share":
            spoken = _legacy.speak_share(document, multi=False)
            return {name: value for name, value in spoken.items() if name != "expiration"}
        case "notification":
            return _legacy.speak_notification(document, (1, 0), secret)
    return document


def _hear(kind: str, document: Document, host: str = "", peer: Document | None = None) -> Document:
    match kind:
        case "discovery":
            return _legacy.hear_discovery(document)
        case "share":
            return _legacy.hear_options_only(document)
        case "notification":
            return _legacy.hear_proven_notification(document, host)
    return document


def _publish(key: PublicKey) -> Document:
    return {"publicKey": _cavage.public_key(key)}


def _find_key(document: Document) -> PublicKey:
    return _cavage.parse_public_key(document.get("publicKey"))


SIGNING = Signing(
    algorithm="RS256",
    sign=_cavage.sign,
    signed=_cavage.signed,
    peer_checks=lambda document: "publicKey" in document,
    publish=_publish,
    find_key=_find_key,
)


def build(*, signed: bool = False) -> Dialect:
    """`signed` adds the old HTTP signatures (draft-cavage) and the key in the discovery document."""
    return Dialect(
        name="ocm_1_0",
        api_version=VERSION,
        # Practice, for want of a text: ownCloud 10 knows no other path (wire.md section 4).
        discovery_served=(LEGACY_PATH + "/",),
        discovery_tried=(LEGACY_PATH + "/",),
        speak=_speak,
        hear=_hear,
        speaks_plain=lambda peer: frozenset({"share-answer"}),
        plain=frozenset({"share-answer"}),
        signing=SIGNING if signed else None,
        exchanges=False,
        invites=False,
        notifications=_legacy.NOTIFICATIONS,
        dav_auth=("basic",),
    )
