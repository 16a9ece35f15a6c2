"""What older servers say, and how it reads in the newest draft; what 1.0 and 1.1 can be told, and how.

wire.md sections 2 and 4.
"""

from meshsim.dialects import Document
from meshsim.ocm import notification as note
from meshsim.ocm import text
from meshsim.ocm.address import parse_host
from meshsim.ocm.errors import Forbidden, LocalError, OcmError, Problem
from meshsim.wire import split

CAPABILITIES = {
    "/notifications": "notifications",
    "/invite-accepted": "invites",
    "/mfa-capable": "enforce-mfa",
    "receive-code": "exchange-token",
}
"""Old names of capabilities. `webdav-uri` became an entry of its own."""

CRITERIA = {
    "http-request-signatures": "must-use-http-sig",
    "code": "must-exchange-token",
    "token-exchange": "must-exchange-token",
    "invite": "must-invite",
}

NOTIFICATIONS = frozenset(
    {
        note.SHARE_ACCEPTED,
        note.SHARE_DECLINED,
        note.SHARE_UNSHARED,
        note.SHARE_CHANGE_PERMISSION,
        note.REQUEST_RESHARE,
    }
)
"""What the field sends before 1.2. A request for a share and the removals came later."""

OLD_TYPES = {note.SHARE_CHANGE_PERMISSION: "RESHARE_CHANGE_PERMISSION"}
"""Newest name of a notification to its name before 1.5."""

PROOF = ("providerId", "notification.sharedSecret")
"""Who knows these of a share is the other side of it."""

NEW_TYPES = {old: new for new, old in OLD_TYPES.items()}


def version(document: Document | None) -> tuple[int, int]:
    """What a server understands, by major and minor of its apiVersion; something unreadable is 1.0."""
    if not document:
        return 1, 0
    # ownCloud 10 says 1.0-proposal1.
    parts = str(document.get("apiVersion", "")).removeprefix("v").partition("-")[0].split(".")
    found = 1, 0
    if len(parts) > 1 and all(part.isdecimal() and len(part) < 5 for part in parts[:2]):
        found = int(parts[0]), int(parts[1])
    # The number can lag behind what a server does: reva says 1.1 to Nextcloud (wire.md section 1).
    return max(found, (1, 2)) if "protocol-object" in _list(document, "capabilities") else found


def hear_discovery(document: Document) -> Document:
    """Old names of capabilities and criteria, and what newer documents say that then went without saying."""
    heard = {"capabilities": [], **document}
    for member, names in (("capabilities", CAPABILITIES), ("criteria", CRITERIA)):
        values = heard.get(member)
        if isinstance(values, list):
            heard[member] = [names.get(v, v) if isinstance(v, str) else v for v in values]
    capabilities = _list(heard, "capabilities")
    # Until 1.1 the notifications were simply part of the API: no capability had to stand for them.
    if version(document) < (1, 2) and "notifications" not in capabilities:
        capabilities.append("notifications")
    end_point = document.get("endPoint")
    end_point = end_point.rstrip("/") if isinstance(end_point, str) else ""
    target = split(end_point)
    base = f"{target.scheme}://{target.authority}"
    if "exchange-token" in capabilities:
        # 1.2 took JSON there (OCM-LEG-009). A refusal of our form is one of an exchange: the secret remains.
        heard.setdefault("tokenEndPoint", f"{end_point}/token")
    if "http-sig" in capabilities:
        heard.setdefault("jwksUri", f"{base}/.well-known/jwks.json")  # OCM-LEG-022
    # ownCloud 10 calls the list shareTypes (OCM-LEG-003).
    types = document.get("resourceTypes", document.get("shareTypes"))
    if isinstance(types, list):
        heard["resourceTypes"] = [_hear_type(entry, base) for entry in types]
    return heard


def _list(document: Document, member: str) -> list[object]:
    values = document.get(member)
    return values if isinstance(values, list) else []


def _hear_type(entry: object, base: str) -> object:
    """ownCloud 10 lists no shareTypes in it; in 1.1 webdav was a URL by the letter."""
    if not isinstance(entry, dict):
        return entry
    heard = {"shareTypes": ["user"], **entry}
    protocols = entry.get("protocols")
    prefix = protocols.get("webdav") if isinstance(protocols, dict) else None
    # A path at another host is not what was meant: such a URL stays, and is refused.
    if isinstance(prefix, str) and prefix.startswith(f"{base}/"):
        heard["protocols"] = {**entry["protocols"], "webdav": prefix.removeprefix(base)}
    return heard


def speak_discovery(document: Document, api_version: str, *names: str) -> Document:
    """The members called `names`, and resource types without `-receive` entries."""
    types = document["resourceTypes"]
    assert isinstance(types, list)  # noqa: S101 - ours, and made a list by the caller
    bare = [{**entry, "protocols": {"webdav": entry["protocols"]["webdav"]}} for entry in types]
    kept = {name: document[name] for name in names if name in document}
    return {"apiVersion": api_version, **kept, "resourceTypes": bare}


def speak_share(document: Document, *, multi: bool) -> Document:
    """A share in the form with options.sharedSecret; with `multi`, beside the newer one."""
    protocol = document.get("protocol")
    webdav = protocol.get("webdav") if isinstance(protocol, dict) else None
    if not isinstance(webdav, dict):
        raise LocalError("a server of OCM 1.0 or 1.1 takes webdav shares only")
    if webdav.get("requirements"):
        raise LocalError(
            f"a server of OCM 1.0 or 1.1 cannot honour {', '.join(webdav['requirements'])}", status=501
        )
    if document.get("encryption"):
        raise LocalError("a server of OCM 1.0 or 1.1 cannot decrypt what it is given", status=501)
    if "remote" not in webdav.get("accessTypes", ("remote",)):
        raise LocalError("a server of OCM 1.0 or 1.1 knows webdav for remote access only", status=501)
    options = {"sharedSecret": webdav.get("sharedSecret")}
    if webdav.get("permissions"):
        # A text whose meaning was never fixed.
        options["permissions"] = " ".join(webdav["permissions"])
    old: Document = {"name": "multi", "options": options, "webdav": webdav}
    return {**document, "protocol": old if multi else {"name": "webdav", "options": options}}


def speak_notification(document: Document, old: tuple[int, int], secret: str) -> Document:
    """The share on top and its secret inside, as servers before 1.5 and 1.2 look for them."""
    detail = document.get("notification")
    user = detail.get("user") if isinstance(detail, dict) else None
    if document.get("notificationType") == note.USER_REMOVED and isinstance(user, dict):
        # 1.4 had the bare identifier, as the invite did (wire.md section 4).
        spoken = {**document, "resourceType": "user", "providerId": str(user["userId"]).rpartition("@")[0]}
        spoken.pop("shareType", None)
        return spoken
    file = detail.get("file") if isinstance(detail, dict) else None
    if not isinstance(detail, dict) or not isinstance(file, dict) or "providerId" not in file:
        return document
    spoken = {**document, "providerId": file["providerId"]}
    if old < (1, 2):
        # Nothing is claimed: the secret proves who says it.
        spoken.pop("senderDomain", None)
        inner: Document = {**detail, "sharedSecret": secret}
        if "permissions" in file:
            inner["permission"] = file["permissions"]
        if "shareWith" in file:
            inner["shareWith"] = file["shareWith"]
        spoken["notification"] = inner
        spoken["notificationType"] = OLD_TYPES.get(
            str(document["notificationType"]), document["notificationType"]
        )
    return spoken


def hear_notification(document: Document, host: str) -> Document:
    """Who says it, which share it is about, and the details where 1.5 has them."""
    heard = dict(document)
    if "senderDomain" not in heard and host:
        heard["senderDomain"] = host
    kind = heard.get("notificationType")
    if isinstance(kind, str):
        heard["notificationType"] = NEW_TYPES.get(kind, kind)
    detail = heard.get("notification")
    if detail is None:
        detail = {}
    provider_id = heard.get("providerId")
    if isinstance(detail, dict) and "file" not in detail and isinstance(provider_id, str):
        file: Document = {"providerId": provider_id}
        if isinstance(detail.get("permission"), list):
            file["permissions"] = detail["permission"]
        if isinstance(detail.get("shareWith"), str):
            file["shareWith"] = detail["shareWith"]
        heard["notification"] = {**detail, "file": file}
    return heard


def hear_removal(document: Document) -> Document | None:
    """USER_REMOVED as 1.4 has it, with the bare identifier on top; None for any other document."""
    provider_id, domain = document.get("providerId"), document.get("senderDomain")
    old = (document.get("notificationType"), document.get("resourceType")) == (note.USER_REMOVED, "user")
    if not old or not isinstance(provider_id, str) or not isinstance(domain, str):
        return None
    detail = document.get("notification")
    heard = {name: value for name, value in document.items() if name not in ("resourceType", "providerId")}
    inner = detail if isinstance(detail, dict) else {}
    return {
        **heard,
        "shareType": "user",
        "notification": {"user": {"userId": f"{provider_id}@{domain}"}, **inner},
    }


def hear_proven_notification(document: Document, host: str) -> Document:
    """The same as a server before 1.2 reads it: it believes the secret of the share, not senderDomain."""
    if not host:
        problems = tuple(Problem(name, "must be those of a share") for name in PROOF)
        raise Forbidden("no share with your server has that providerId and sharedSecret", problems)
    return hear_notification({**document, "senderDomain": host}, host)


def provider_in_url(document: Document) -> str:
    """The host in a recipientProvider that is a URL, as before 1.2; "" if it is none."""
    provider = document.get("recipientProvider")
    if not isinstance(provider, str) or text.url(provider) is not None or split(provider).path != "/":
        return ""
    return parse_host(split(provider).authority)


def hear_acceptance(document: Document) -> Document:
    """Before 1.2, recipientProvider was a URL."""
    host = provider_in_url(document)
    return {**document, "recipientProvider": host} if host else document


def hear_options_only(document: Document) -> Document:
    """A share as a server of 1.0 reads it: whatever else there is, it looks at options.sharedSecret."""
    protocol = document.get("protocol")
    options = protocol.get("options") if isinstance(protocol, dict) else None
    if not isinstance(options, dict) or not isinstance(options.get("sharedSecret"), str):
        problem = Problem("protocol.options.sharedSecret", "is missing")
        raise OcmError("this server speaks OCM 1.0 and reads options.sharedSecret only", (problem,))
    # The sender could be left out when it was the owner (wire.md section 4).
    heard = {"sender": document.get("owner"), **document, "protocol": {"name": "webdav", "options": options}}
    # It knows no end of a share; the sender keeps it all the same.
    heard.pop("expiration", None)
    return heard
