"""The OCM API of a site: discovery, keys, shares, notifications, invite acceptance, tokens.

Translates between HTTP and the services; a refusal of theirs becomes the answer it names.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from meshsim.database import DiskFull
from meshsim.dialects import Document
from meshsim.ocm.document import convert, dump, load, plain, recognize
from meshsim.ocm.errors import OcmError, PeerError, Problem
from meshsim.ocm.invite import Acceptance
from meshsim.ocm.notification import Notification
from meshsim.ocm.share import ShareCreation
from meshsim.ocm.token import TokenError, TokenRequest
from meshsim.site.inviting import AlreadyAccepted
from meshsim.site.site import JWKS_PATH, OCM_PATH, TOKEN_PATH, Site
from meshsim.wire import BodyTooLarge, Request, Response, read

Handler = Callable[[Site, Request], Awaitable[Response]]
T = TypeVar("T")

JSON = {"content-type": "application/json"}
UNCACHED = {**JSON, "cache-control": "no-store"}


def answer(status: int, document: object, headers: Mapping[str, str] = JSON) -> Response:
    """A JSON answer."""
    return Response(status, headers, dump(document))


def refusal(error: OcmError) -> Response:
    """The answer that an error names."""
    document: Document = {"message": error.message}
    if error.problems:
        document["validationErrors"] = [plain(problem) for problem in error.problems]
    return answer(error.status, document, {**JSON, **_wait(error.retry_after)})


def no_room() -> Response:
    """What is answered when nothing could be written down: whoever asked may ask again, and peers do."""
    return answer(507, {"message": "this server has no room to write that down"})


def _wait(seconds: int | None) -> dict[str, str]:
    return {} if seconds is None else {"retry-after": str(seconds)}


async def discovery(site: Site, request: Request) -> Response:
    """GET /.well-known/ocm, and wherever else the accent serves it."""
    return answer(200, site.discovery_document)


async def keys(site: Site, request: Request) -> Response:
    """GET {jwksUri}"""
    if site.discovery.jwks_uri is None:
        return answer(404, {"message": "this server publishes no keys"})
    return answer(200, {"keys": [site.key.jwk()]})


async def shares(site: Site, request: Request) -> Response:
    """POST {endPoint}/shares"""
    found = _at_hand(site, request, "share", ShareCreation)
    request, creation = found or await _body(site, request, "share", ShareCreation)
    taken = await site.receiving.take(request, creation)
    # No accent says this otherwise; what a peer makes of it is its own affair.
    return answer(201, taken)


async def notifications(site: Site, request: Request) -> Response:
    """POST {endPoint}/notifications"""
    found = _at_hand(site, request, "notification", Notification)
    # With providerId on top it has the form that it had before 1.5.
    if found is None or found[1].provider_id:
        found = await _body(site, request, "notification", Notification)
    request, notification = found
    await site.take_notification(request, notification)
    return answer(201, {})


async def invite_accepted(site: Site, request: Request) -> Response:
    """POST {endPoint}/invite-accepted"""
    if not site.profile.dialect.invites:
        return answer(501, {"message": "this server does not know invites"})
    found = _at_hand(site, request, "acceptance", Acceptance)
    request, acceptance = found or await _body(site, request, "acceptance", Acceptance)
    try:
        identity = await site.inviting.accepted(request, acceptance)
    except AlreadyAccepted as error:
        told = {} if error.identity is None else plain(error.identity)
        return answer(error.status, {"message": error.message, **told})
    return answer(200, identity)


async def token(site: Site, request: Request) -> Response:
    """POST {tokenEndPoint}; its errors are those of OAuth. No answer may be cached (OCM-TOK-044)."""
    try:
        try:
            request, body = await _read(site, request)
        except OcmError as error:
            raise TokenError("invalid_request", error.message, status=error.status) from error
        asked = TokenRequest.parse(body, request.headers.get("content-type", ""))
        granted = await site.granting.exchange(request, asked.client_id, asked.code)
    except TokenError as error:
        told = {"error": error.error, "error_description": error.description}
        return answer(error.status, told, {**UNCACHED, **_wait(error.retry_after)})
    return answer(200, granted, UNCACHED)


async def _read(site: Site, request: Request) -> tuple[Request, bytes]:
    if type(request.body) is bytes and len(request.body) <= site.profile.max_body:
        return request, request.body
    try:
        body = await read(request.body, site.profile.max_body)
    except BodyTooLarge as error:
        raise OcmError(str(error), status=413) from error
    if body is not request.body:
        request = Request(request.method, request.url, request.headers, body, request.remote)
    return request, body


async def read_document(site: Site, request: Request) -> tuple[Request, Document]:
    """The request with its body as bytes, and its JSON object; OcmError with the status to answer."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        problem = Problem("Content-Type", f"must be application/json, not {media_type!r}"[:100])
        raise OcmError("the body must be JSON", (problem,), status=415)
    request, body = await _read(site, request)
    return request, load(body)


def _at_hand(site: Site, request: Request, kind: str, shape: type[T]) -> tuple[Request, T] | None:
    """The same, as a value, where that is plain from a body that is there; None if it takes a closer look."""
    profile, body = site.profile, request.body
    if (
        kind not in profile.dialect.plain
        or type(body) is not bytes
        or len(body) > profile.max_body
        or request.headers.get("content-type") != "application/json"
    ):
        return None
    value = recognize(body, shape)
    return None if value is None else (request, value)


async def _body(site: Site, request: Request, kind: str, shape: type[T]) -> tuple[Request, T]:
    """The same, as a value in the words of the newest draft."""
    dialect = site.profile.dialect
    request, document = await read_document(site, request)
    host = ""
    if kind == "notification":
        if dialect.sender_signs:
            host = site.signer(request)
        elif "senderDomain" not in document:
            host = site.sender_of(request, document)
    peer = await _needed(site, dialect.needs(kind, document))
    return request, convert(dialect.hear(kind, document, host, peer), shape)


async def _needed(site: Site, host: str) -> Document | None:
    """The discovery document of a host that the accent asks for; None if there is none to be had."""
    try:
        return (await site.peers.discover_claimed(host)).document if host else None
    except PeerError:
        return None


POSTS: Mapping[str, Handler] = {
    OCM_PATH + "/shares": shares,
    OCM_PATH + "/notifications": notifications,
    OCM_PATH + "/invite-accepted": invite_accepted,
    TOKEN_PATH: token,
}


def handle(site: Site, request: Request, path: str) -> Awaitable[Response] | None:
    """The answer of the OCM API, or None if the path is none of its."""
    handler = POSTS.get(path)
    if handler is not None:
        return _post(site, request, path, handler)
    dialect = site.profile.dialect
    if path == JWKS_PATH or path in dialect.keys_served:
        return _get(site, request, path, keys)
    return _get(site, request, path, discovery) if path in dialect.discovery_served else None


async def _post(site: Site, request: Request, path: str, handler: Handler) -> Response:
    if request.method != "POST":
        return answer(405, {"message": f"{path} takes POST"}, {**JSON, "allow": "POST"})
    try:
        return await handler(site, request)
    except OcmError as error:
        return refusal(site.profile.dialect.refuses(path.rpartition("/")[2], error))
    except DiskFull:
        return no_room()


async def _get(site: Site, request: Request, path: str, handler: Handler) -> Response:
    if request.method not in ("GET", "HEAD"):
        return answer(405, {"message": f"{path} takes GET"}, {**JSON, "allow": "GET, HEAD"})
    found = await handler(site, request)
    return found if request.method == "GET" else Response(found.status, found.headers)
