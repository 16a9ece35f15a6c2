"""What servers of OCM 1.0 and 1.1 say, and how it reads in the newest draft (wire.md sections 2 and 4)."""

from meshsim.dialects import Document
from meshsim.ocm import notification as note
from meshsim.ocm.errors import LocalError, OcmError, Problem

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

NEW_TYPES = {old: new for new, old in OLD_TYPES.items()}


def version(document: Document | None) -> tuple[int, int]:
    """Major and minor of a server's apiVersion; that of something unreadable is 1.0."""
    text = document.get("apiVersion", "") if document else ""
    # ownCloud 10 says 1.0-proposal1.
    parts = str(text).removeprefix("v").partition("-")[0].split(".")
    if len(parts) > 1 and all(part.isdecimal() and len(part) < 5 for part in parts[:2]):
        return int(parts[0]), int(parts[1])
    return 1, 0


def hear_discovery(document: Document) -> Document:
    """Old names of capabilities and criteria; shareTypes on top instead of resourceTypes."""
    heard = {**document, "capabilities": _renamed(document.get("capabilities"), CAPABILITIES)}
    heard["criteria"] = _renamed(document.get("criteria"), CRITERIA)
    if "resourceTypes" not in heard and isinstance(document.get("shareTypes"), list):
        heard["resourceTypes"] = _owncloud_types(document["shareTypes"])
    capabilities = heard["capabilities"]
    # Until 1.1 the notifications were simply part of the API: no capability stood for them.
    if version(document) < (1, 2) and isinstance(capabilities, list) and "notifications" not in capabilities:
        heard["capabilities"] = [*capabilities, "notifications"]
    return heard


def _renamed(values: object, names: dict[str, str]) -> object:
    if values is None:
        return []
    if not isinstance(values, list):
        return values
    return [names.get(value, value) if isinstance(value, str) else value for value in values]


def _owncloud_types(entries: object) -> object:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return entries
    protocols: object = next((entry["protocols"] for entry in entries if "protocols" in entry), {})
    names = [entry.get("name") for entry in entries]
    return [{"name": "file", "shareTypes": names, "protocols": protocols}]


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
    options = {"sharedSecret": webdav.get("sharedSecret"), "permissions": webdav.get("permissions")}
    old: Document = {"name": "multi", "options": options, "webdav": webdav}
    return {**document, "protocol": old if multi else {"name": "webdav", "options": options}}


def speak_notification(document: Document, old: tuple[int, int], secret: str) -> Document:
    """The share on top and its secret inside, as servers before 1.5 and 1.2 look for them."""
    detail = document.get("notification")
    file = detail.get("file") if isinstance(detail, dict) else None
    if not isinstance(detail, dict) or not isinstance(file, dict) or "providerId" not in file:
        return document
    spoken = {**document, "providerId": file["providerId"]}
    if old < (1, 2):
        inner: Document = {**detail, "sharedSecret": secret}
        if "permissions" in file:
            inner["permission"] = file["permissions"]
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


def hear_acceptance(document: Document) -> Document:
    """Before 1.2, recipientProvider was a URL."""
    provider = document.get("recipientProvider")
    if isinstance(provider, str) and "://" in provider:
        return {**document, "recipientProvider": provider.partition("://")[2].rstrip("/")}
    return document


def hear_options_only(document: Document) -> Document:
    """A share as a server of 1.0 reads it: whatever else there is, it looks at options.sharedSecret."""
    protocol = document.get("protocol")
    options = protocol.get("options") if isinstance(protocol, dict) else None
    if not isinstance(options, dict) or not isinstance(options.get("sharedSecret"), str):
        problem = Problem("protocol.options.sharedSecret", "is missing")
        raise OcmError("this server speaks OCM 1.0 and reads options.sharedSecret only", (problem,))
    heard = {**document, "protocol": {"name": "webdav", "options": options}}
    # It knows no end of a share; the sender keeps it all the same.
    heard.pop("expiration", None)
    return heard
