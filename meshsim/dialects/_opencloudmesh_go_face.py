"""How OpenCloudMesh-Go answers over HTTP: what it looks at first, in plain text, and what it does not serve.

Numbers in brackets are those of entries in `conformance/captures/opencloudmesh-go/probes-unsigned.har`.
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import parse_qs

from meshsim.dialects import Document, Handler
from meshsim.ocm.address import OcmAddress, parse_host
from meshsim.ocm.discovery import WELL_KNOWN
from meshsim.ocm.document import dump, load
from meshsim.ocm.errors import OcmError
from meshsim.ocm.keys import named_host
from meshsim.ocm.structured import Malformed, parse
from meshsim.wire import BodyTooLarge, Headers, Request, Response, octets, read

DAV_PATH = "/webdav/ocm"
TOKEN, INVITES = "/ocm/token", "/ocm/invite-accepted"

DIALOG, OUR_DIALOG = "/ui/accept-invite", "/accept-invite"

LARGEST = 1024 * 1024
"""Bytes of a request between servers."""

FALSE = "signature verification failed"
OTHER_BODY = "content digest mismatch"
NO_KEYS = "signature key lookup failed"
TEXTS = frozenset({FALSE, OTHER_BODY, NO_KEYS})
"""What it says of signatures, as plain text (17)."""

NONE: Headers = {}
JSON = {"content-type": "application/json"}
CHALLENGE = {"www-authenticate": 'Bearer realm="OCM WebDAV"'}
STRANGER = {
    "error": {"code": "Unauthorized", "reasonCode": "unauthenticated", "message": "authentication required"}
}

OURS = ("/api/", "/dav/")
"""Where the users of a simulated site act; the server's own API for them is another."""

UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
WRITES = frozenset({"PUT", "DELETE"})
ROUTED = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PATCH"})
"""Methods that it lets come as far as its WebDAV; PROPFIND is none of them (31)."""


def around(handler: Handler, *, wayf: bool) -> Handler:
    """The face of a site, put around what it would answer."""

    async def handle(request: Request) -> Response:
        path = request.target.path
        if path in DECLARED:
            return await _post(handler, request, path)
        if path in (WELL_KNOWN, WELL_KNOWN + "/", "/ocm/jwks"):
            return await handler(request) if request.method == "GET" else _no("GET")
        if path == "/ocm" or path.startswith("/ocm/"):
            return text(404, "404 page not found")  # (10, 11)
        if path == DAV_PATH or path.startswith(DAV_PATH + "/"):
            return await _dav(handler, request, path)
        if path == DIALOG and wayf:
            target = request.target
            query = f"?{target.query}" if target.query else ""
            url = f"{target.scheme}://{target.authority}{OUR_DIALOG}{query}"
            return await handler(Request(request.method, url, request.headers, request.body, request.remote))
        return await _other(handler, request, path)

    return handle


def text(status: int, line: str, headers: Headers = NONE) -> Response:
    """An answer in plain text."""
    plain = {"content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"}
    return Response(status, {**plain, **headers}, f"{line}\n".encode())


def opaque(user: str, host: str) -> str:
    """The identifier of a user: base64url of `id@host`.

    The server's ids are UUIDs that it draws; here a user's name stands in their place, so that a site can
    tell whom a share is for.
    """
    return urlsafe_b64encode(f"{user}@{host}".encode(errors="surrogatepass")).decode().rstrip("=")


def _no(allowed: str) -> Response:
    """A method that is not taken (6 to 8, 12, 26)."""
    return Response(405, {"allow": allowed})


async def _post(handler: Handler, request: Request, path: str) -> Response:
    """What a server says: who says it, then whether it is signed, then what it is (13 to 25)."""
    if request.method != "POST":
        return _no("POST")
    try:
        body = await read(request.body, LARGEST)
    except BodyTooLarge:
        return text(413, "request body too large")
    headers = request.headers
    declared = DECLARED[path](body)
    if declared is None:
        return text(400, "invalid declared peer")
    signer = _signer(request)
    if signer is None:
        return text(401, "signature required")
    if path == "/ocm/shares":
        # It reads JSON whatever it is called (OCM-SHARE-117).
        headers = {**headers, **JSON}
    said = Request(request.method, request.url, headers, body, request.remote)
    answer = await handler(said)
    if answer.status in (401, 502) and declared and signer not in ("", declared):
        # It looks the key up where its name leads, and then who claims to have sent it.
        return text(403, "peer identity mismatch")
    return _said(path, request.target.authority, answer)


def _said(path: str, host: str, answer: Response) -> Response:
    """Its form of an answer."""
    if path == TOKEN and answer.status in (401, 503):
        return text(401, FALSE) if answer.status == 401 else text(502, NO_KEYS)
    if path == TOKEN and answer.status == 200:
        return Response(200, {**answer.headers, "pragma": "no-cache"}, answer.body)
    if path == "/ocm/notifications" and answer.status == 201:
        return Response(200, JSON, dump({"status": "ok"}))  # pair-http.har, share-a-to-b
    document: Document = {}
    try:
        document = load(octets(answer.body))
    except OcmError:
        return answer
    if document.get("message") in TEXTS:
        return text(answer.status, str(document["message"]))
    if path == INVITES and "userID" in document:
        # Also with 409, to whoever asks again.
        told = {name: document.get(name, "") for name in ("userID", "email", "name")}
        told["userID"] = opaque(str(told["userID"]), host)
        return Response(answer.status, answer.headers, dump(told))
    return answer


def _signer(request: Request) -> str | None:
    """The server that the key is named after; "" if that cannot be read, None if unsigned (15 to 17)."""
    try:
        inputs = parse(request.headers.get("signature-input", ""))
    except Malformed:
        return ""  # and it will be found false
    for label, value in inputs.items():
        if label == "ocm" or value.params.get("tag") == "ocm":
            return _host(named_host(str(value.params.get("keyid", "")))) or ""
    return None


def _member(body: bytes, *names: str) -> str:
    """The first of these members of a JSON object that is a text and not empty; "" if none is."""
    try:
        found = load(body)
    except OcmError:
        return ""
    values = [found.get(name) for name in names]
    return next((value for value in values if isinstance(value, str) and value), "")


def _share_declares(body: bytes) -> str | None:
    try:
        return OcmAddress.parse(_member(body, "sender", "owner")).host
    except OcmError:
        return None


def _invite_declares(body: bytes) -> str | None:
    return _host(_member(body, "recipientProvider"))


def _token_declares(body: bytes) -> str | None:
    try:
        return _host(parse_qs(body.decode("ascii"), max_num_fields=50).get("client_id", [""])[0].strip())
    except ValueError:
        return None


def _host(declared: str) -> str | None:
    try:
        return parse_host(declared)
    except OcmError:
        return None


DECLARED: dict[str, Callable[[bytes], str | None]] = {
    "/ocm/shares": _share_declares,
    INVITES: _invite_declares,
    TOKEN: _token_declares,
    "/ocm/notifications": lambda body: "",
}
"""Where servers speak to it, and which server what they say names; None if it has to, and does not."""


async def _dav(handler: Handler, request: Request, path: str) -> Response:
    """One file, to read (27 to 33)."""
    share = path[len(DAV_PATH) :].lstrip("/").partition("/")[0]
    method = request.method
    if method not in ROUTED | WRITES:
        return Response(405)
    if not share:
        return text(400, "webdavId required")
    if not UUID.fullmatch(share):
        return text(400, "invalid webdavId")
    if method in WRITES:
        return text(501, "write operations not supported")
    if not request.headers.get("authorization", "").removeprefix("Bearer ") or not request.headers[
        "authorization"
    ].startswith("Bearer "):
        return text(401, "authorization required", CHALLENGE)
    # What follows the identifier is a name for people.
    url = f"{request.target.scheme}://{request.target.authority}{DAV_PATH}/{share.lower()}"
    answer = await handler(Request(method, url, request.headers, request.body, request.remote))
    if answer.status == 401:
        return text(401, "invalid credentials", CHALLENGE)
    if answer.status == 404:
        return text(404, "not found")
    if method == "OPTIONS" and answer.status == 200:
        return Response(200, {**answer.headers, "dav": "1, 2"}, answer.body)
    return answer


async def _other(handler: Handler, request: Request, path: str) -> Response:
    """Whatever it does not serve, it asks to sign in for (2 to 4, 9)."""
    answer = Response(404) if path == "/" else await handler(request)
    if answer.status == 404 and not path.startswith(OURS):
        return Response(401, JSON, dump(STRANGER))
    return answer
