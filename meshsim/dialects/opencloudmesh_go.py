"""OpenCloudMesh-Go of August 2026: strict OCM 1.4 with parts of 1.5, one file to one user, to read alone.

Facts: `conformance/captures/opencloudmesh-go`, and the server itself as docs/opencloudmesh-go.md has it.
How it answers over HTTP stands in `_opencloudmesh_go_face.py`.
"""

import re
import uuid
from base64 import urlsafe_b64decode
from functools import partial
from hashlib import sha256

from meshsim.dialects import Dialect, Document, _legacy
from meshsim.dialects import _opencloudmesh_go_face as face
from meshsim.dialects._rfc9421 import SIGNING
from meshsim.ocm import notification as note
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.discovery import WELL_KNOWN
from meshsim.ocm.errors import (
    Conflict,
    Forbidden,
    KeyMissing,
    LocalError,
    NotFound,
    OcmError,
    Problem,
    RemoteError,
    Unauthenticated,
    UnknownRecipient,
    UnknownShare,
    UnknownToken,
    Unsupported,
)
from meshsim.ocm.signatures import BodyMismatch
from meshsim.wire import split

VERSION = "1.4.0"

EXCHANGE = "must-exchange-token"

CODE = re.compile(r"[A-Z_]++")
"""What it has for a message: a name in capitals."""

SHARE = (
    *("shareWith", "name", "description", "providerId", "owner", "sender", "ownerDisplayName"),
    *("senderDisplayName", "shareType", "resourceType", "expiration", "protocol"),
)
"""What it reads of a share; whatever else there is, is passed over."""

NEEDED = ("shareWith", "name", "providerId", "owner", "sender", "shareType", "resourceType")

TYPE: Document = {"name": "file", "shareTypes": ["user"], "protocols": {"webdav": f"{face.DAV_PATH}/"}}

TAKEN = frozenset({note.SHARE_ACCEPTED, note.SHARE_DECLINED, note.SHARE_UNSHARED})


def _speak(
    wayf: bool, kind: str, document: Document, peer: Document | None = None, secret: str = ""
) -> Document:
    match kind:
        case "discovery":
            return _speak_discovery(document, wayf)
        case "share":
            return _speak_share(document)
        case "notification":
            return _speak_notification(document)
        case "acceptance":
            who = face.opaque(str(document["userID"]), str(document["recipientProvider"]))
            return {**document, "userID": who}
    return document


def _speak_discovery(document: Document, wayf: bool) -> Document:
    """No word of protocol objects; a dialog where invites are accepted only if it was switched on."""
    known = ["http-sig", "exchange-token", "invites", *(["invite-wayf"] if wayf else []), "notifications"]
    target = split(str(document["endPoint"]))
    dialog = f"{target.scheme}://{target.authority}{face.DIALOG}"
    types = {**TYPE, "protocols": {"webdav": f"{face.DAV_PATH}/", "webdav-receive": {"uri": "relative"}}}
    return {
        "enabled": document["enabled"],
        "apiVersion": VERSION,
        "endPoint": document["endPoint"],
        "provider": "OpenCloudMesh",
        "resourceTypes": [types],
        "capabilities": known,
        **({"inviteAcceptDialog": dialog} if wayf else {}),
        "criteria": document["criteria"],
        **{name: document[name] for name in ("tokenEndPoint", "jwksUri") if name in document},
    }


def _speak_share(document: Document) -> Document:
    """Without display names; a user is an identifier that says nothing."""
    protocol = document.get("protocol")
    webdav = protocol.get("webdav") if isinstance(protocol, dict) else None
    if (document.get("resourceType"), document.get("shareType")) != ("file", "user"):
        raise _not_offered("resourceType", "OpenCloudMesh-Go shares files with users, and nothing else")
    if not isinstance(webdav, dict) or webdav.get("permissions") != ["read"]:
        raise _not_offered("permissions", "OpenCloudMesh-Go shares to read alone")
    if "expiration" in document:
        raise _not_offered("expiration", "a share by OpenCloudMesh-Go has no end")
    spoken = {name: document[name] for name in SHARE if name in document and "DisplayName" not in name}
    for name in ("owner", "sender"):
        user, _, host = str(document[name]).rpartition("@")
        spoken[name] = f"{face.opaque(user, host)}@{host}"
    return spoken


def _not_offered(field: str, reason: str) -> LocalError:
    return LocalError(reason, (Problem(field, "is not offered by this server"),), status=501)


def _speak_notification(document: Document) -> Document:
    """Which share, and nothing of it."""
    detail = document.get("notification")
    file = detail.get("file") if isinstance(detail, dict) else None
    if not isinstance(file, dict):
        return document
    return {
        "notificationType": document["notificationType"],
        "providerId": file["providerId"],
        "resourceType": document.get("resourceType", "file"),
    }


def _hear(kind: str, document: Document, host: str = "", peer: Document | None = None) -> Document:
    match kind:
        case "discovery":
            heard = _legacy.hear_discovery(document) if _legacy.version(document) < (1, 5) else document
            # A server that says nothing of them is shared with all the same (OCM-DISC-063).
            return {"resourceTypes": [TYPE], **_checked(heard)}
        case "share":
            return _hear_share(document)
        case "notification":
            return _hear_notification(document, host)
        case "acceptance":
            # The order in which it looks at them, and its word for each.
            for name in ("email", "name", "recipientProvider", "token", "userID"):
                missing = name not in document if name in ("email", "name") else not document.get(name)
                if missing:
                    word = "RECIPIENT_PROVIDER" if name == "recipientProvider" else name.upper()
                    raise RemoteError(f"{word}_REQUIRED", (Problem(name, "REQUIRED"),))
    return document


def _checked(document: Document) -> Document:
    """A discovery document, all of whose addresses are at one server."""
    home = split(str(document.get("endPoint"))).authority
    for name in ("tokenEndPoint", "jwksUri"):
        if name in document and split(str(document[name])).authority != home:
            raise OcmError(f"{name} is on another server than endPoint")
    return document


def _hear_share(document: Document) -> Document:
    missing = [name for name in NEEDED if not document.get(name)]
    protocol = document.get("protocol")
    if not isinstance(protocol, dict) or not (
        protocol.get("name") or isinstance(protocol.get("webdav"), dict)
    ):
        missing.append("protocol")
    if missing:
        raise RemoteError("MISSING_REQUIRED_FIELDS", tuple(Problem(name, "REQUIRED") for name in missing))
    assert isinstance(protocol, dict)  # noqa: S101 - or it would be missing
    _check_protocol(protocol)
    owner, sender = (_address(document, name, "INVALID_FIELD_FORMAT") for name in ("owner", "sender"))
    recipient = _address(document, "shareWith", "INVALID_SHARE_WITH")
    if document["shareType"] != "user":
        raise Unsupported("SHARE_TYPE_NOT_SUPPORTED")
    if document["resourceType"] != "file":
        raise Unsupported("RESOURCE_TYPE_NOT_SUPPORTED")
    if owner.host != sender.host:
        raise Forbidden("UNTRUSTED_PROVIDER")
    heard = {name: document[name] for name in SHARE if name in document}
    return {**heard, "shareWith": f"{_transparent(recipient)}@{recipient.host}"}


def _address(document: Document, name: str, word: str) -> OcmAddress:
    try:
        return OcmAddress.parse(str(document[name]))
    except OcmError:
        raise RemoteError(word, (Problem(name, "INVALID_FORMAT"),)) from None


def _check_protocol(protocol: Document) -> None:
    """501 for what it does not do, 400 for what it cannot read."""
    webdav = protocol.get("webdav")
    if not protocol.get("name"):
        raise RemoteError("INVALID_PROTOCOL", (Problem("protocol.name", "REQUIRED"),))
    if not set(protocol) <= {"name", "webdav", "webapp"} or protocol.get("name") not in ("multi", "webdav"):
        raise Unsupported("PROTOCOL_NOT_SUPPORTED")
    if not isinstance(webdav, dict):
        if "webapp" in protocol:
            raise Unsupported("PROTOCOL_NOT_SUPPORTED")
        raise RemoteError("INVALID_PROTOCOL", (Problem("protocol.webdav", "REQUIRED"),))
    known = (("permissions", "read"), ("accessTypes", "remote"), ("requirements", EXCHANGE))
    for name, one in known:
        values = webdav.get(name)
        if isinstance(values, list) and any(value != one for value in values):
            raise Unsupported("PROTOCOL_NOT_SUPPORTED")
    missing = [
        f"protocol.webdav.{name}"
        for name in ("uri", "sharedSecret", "permissions", "requirements")
        if not webdav.get(name)
    ]
    if missing:
        raise RemoteError("INVALID_PROTOCOL", tuple(Problem(name, "REQUIRED") for name in missing))
    if "webapp" in protocol:
        raise Unsupported("PROTOCOL_NOT_SUPPORTED")


def _hear_notification(document: Document, host: str) -> Document:
    """From whoever signed it; it looks at the type and at providerId."""
    kind, provider_id = document.get("notificationType"), document.get("providerId")
    problems = [
        Problem(name, "REQUIRED")
        for name, value in (("notificationType", kind), ("providerId", provider_id))
        if not value
    ]
    if kind and not (isinstance(kind, str) and kind in TAKEN):
        problems.append(Problem("notificationType", "UNSUPPORTED"))
    if problems:
        raise RemoteError("INVALID_NOTIFICATION_REQUEST", tuple(problems))
    return {
        "notificationType": kind,
        "senderDomain": host,
        "resourceType": "file",
        "notification": {"file": {"providerId": provider_id}},
    }


def _transparent(who: OcmAddress) -> str:
    """The name in one of its own identifiers; any other as it is."""
    try:
        name, at, host = urlsafe_b64decode(who.user + "=" * (-len(who.user) % 4)).decode().rpartition("@")
    except ValueError:
        return who.user
    return name if at and host == who.host else who.user


def _refuses(endpoint: str, error: OcmError) -> OcmError:
    if endpoint == "webdav":
        return NotFound("not found") if isinstance(error, UnknownShare) else error
    if CODE.fullmatch(error.message):
        return error  # said in its own words already
    if isinstance(error, BodyMismatch):
        return RemoteError(face.OTHER_BODY)
    if isinstance(error, KeyMissing) or error.status == 503:
        return RemoteError(face.NO_KEYS, status=502)
    if isinstance(error, Unauthenticated):
        return Unauthenticated(face.FALSE)
    return _refused(endpoint, error)


def _refused(endpoint: str, error: OcmError) -> OcmError:
    """Its word for what is wrong with a request whose signature is right."""
    problems = tuple(Problem(problem.name, "INVALID_FORMAT") for problem in error.problems)
    match endpoint, error:
        case "shares", UnknownRecipient():
            return RemoteError("RECIPIENT_NOT_FOUND", (Problem("shareWith", "NOT_FOUND"),))
        case "shares", Conflict():
            return Conflict("SHARE_ALREADY_EXISTS_WITH_DIFFERENT_PAYLOAD")
        case "shares", OcmError(status=403):
            return Forbidden("SENDER_NOT_TRUSTED")
        case "shares", OcmError(status=400):
            return RemoteError("INVALID_FIELD_FORMAT", problems)
        case "notifications", NotFound():
            return NotFound("SHARE_NOT_FOUND")
        case "notifications", Conflict():
            return Conflict("SHARE_STATUS_CONFLICT")
        case "notifications", OcmError(status=400):
            return RemoteError("INVALID_NOTIFICATION_REQUEST", problems)
        case "invite-accepted", UnknownToken():
            return UnknownToken("TOKEN_INVALID")
        case "invite-accepted", OcmError(status=400):
            return RemoteError("INVALID_BODY" if problems else "TOKEN_EXPIRED", problems)
    return error


def _share_id(chance: bytes) -> str:
    return str(uuid.UUID(bytes=sha256(chance).digest()[:16], version=4))


def build(*, wayf: bool = False) -> Dialect:
    """`wayf` switches on the pages where people choose their server and accept an invite."""
    return Dialect(
        name="opencloudmesh_go",
        api_version=VERSION,
        discovery_served=(WELL_KNOWN, WELL_KNOWN + "/"),
        discovery_tried=(WELL_KNOWN,),
        speak=partial(_speak, wayf),
        hear=_hear,
        speaks_plain=lambda peer: frozenset({"share-answer"}),
        plain=frozenset({"share-answer", "identity"}),
        signing=SIGNING,
        exchanges=True,
        invites=True,
        notifications=TAKEN,
        dav_auth=("bearer",),
        asks_for_json=False,
        strangers_first=True,
        sender_signs=True,
        refuses=_refuses,
        face=partial(face.around, wayf=wayf),
        criteria=("must-use-http-sig", EXCHANGE, "must-invite"),
        requirements=frozenset({EXCHANGE}),
        dav_path=face.DAV_PATH,
        token_kind="opaque",  # noqa: S106 - the name of a plug-in
        key_name="key1",
        share_id=_share_id,
    )
