"""How messages travel: JSON, TLS, and no secret where others may read it."""

import re
from urllib.parse import unquote

from conformance.message import Message
from conformance.rules import rule


@rule("OCM-SHARE-002", "share")
@rule("OCM-NOTIF-002", "notification")
@rule("OCM-INV-011", "acceptance")
def _json(message: Message) -> str:
    if message.media_type != "application/json":
        return f"Content-Type is {message.media_type!r}"
    return "" if message.document else "the body is no JSON object"


@rule("OCM-SHARE-004", "share")
@rule("OCM-NOTIF-003", "notification")
@rule("OCM-TOK-040", "token")
@rule("OCM-TOK-043", "dav", "token")
def _tls(message: Message) -> str:
    return "" if message.request.url.startswith("https://") else f"went to {message.request.target.scheme}://"


@rule("OCM-DISC-003", "fetch")
def _discovery_over_tls(message: Message) -> str | None:
    looks = re.search(r"/\.well-known/ocm$|/ocm-provider/?$", message.request.target.path)
    return _tls(message) if looks else None


@rule("OCM-SHARE-068", "share", "dav", "token", "notification", "acceptance")
def _secret_in_no_url(message: Message) -> str:
    webdav = message.webdav or {}
    places = [unquote(message.request.url), message.request.headers.get("referer", "")]
    places.append(str(webdav.get("uri")))
    code = message.form.get("code", "") if message.kind == "token" else ""
    for value in (*message.secrets, message.credential, code):
        if len(value) >= 8 and any(value in place for place in places):
            return "a secret stands in a URI"
    return ""
