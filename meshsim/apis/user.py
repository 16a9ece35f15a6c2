"""What people do at their site, as an HTTP API for their programs: JSON under /api, files under /dav.

Each request carries name and password (Basic), an app password (Basic or Bearer), or the cookie of a
session. Secrets of shares are in no answer. /dav/files/NAME has what is the user's own, /dav/shares/NAME
what others share with them.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, ClassVar
from urllib.parse import quote, unquote

import msgspec

from meshsim.apis import html, received, signin
from meshsim.apis.ocm import JSON, answer, read_document, refusal
from meshsim.apis.webdav import LockTable, View, serve
from meshsim.ocm import text
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.document import Check, convert
from meshsim.ocm.errors import OcmError
from meshsim.ocm.invite import Invite
from meshsim.site.records import Contact, Invitation, Joining, ReceivedShare, SentShare, Wish
from meshsim.site.site import WAYF_PATH, Site
from meshsim.wire import Request, Response

API, FILES, SHARES = "/api", "/dav/files", "/dav/shares"
CHALLENGE = {**JSON, "www-authenticate": 'Basic realm="meshsim", charset="UTF-8", Bearer realm="meshsim"'}

Answer = tuple[int, object]
Act = Callable[[Site, str, Request, Mapping[str, str]], Awaitable[Answer]]


class NewInvite(msgspec.Struct, frozen=True):
    """POST /api/invites"""

    description: str = ""

    CHECKS: ClassVar[dict[str, Check]] = {"description": text.label}


class TakeInvite(msgspec.Struct, frozen=True):
    """POST /api/invites/accept: an invite string, or a link with token and providerDomain."""

    invite: str


class NewShare(msgspec.Struct, frozen=True, rename="camel"):
    """POST /api/shares/sent"""

    path: str
    share_with: str
    permissions: tuple[str, ...] = ("read",)
    share_type: str = "user"
    expiration: int | None = None

    CHECKS: ClassVar[dict[str, Check]] = {"share_with": text.address, "expiration": text.not_negative}


class Rights(msgspec.Struct, frozen=True):
    """PATCH /api/shares/sent/{providerId}"""

    permissions: tuple[str, ...]


class AskShare(msgspec.Struct, frozen=True, rename="camel"):
    """POST /api/requests/share"""

    owner: str
    reference: str
    resource_type: str = "file"
    permissions: tuple[str, ...] = ("read",)

    CHECKS: ClassVar[dict[str, Check]] = {"owner": text.address, "reference": text.identifier}


class AskReshare(msgspec.Struct, frozen=True, rename="camel"):
    """POST /api/requests/reshare"""

    share: str
    share_with: str
    permissions: tuple[str, ...] = ("read",)

    CHECKS: ClassVar[dict[str, Check]] = {"share_with": text.address}


class Taking:
    """An act that is given its body, read as a value of that kind."""

    def __init__(self, kind: type[Any], act: Callable[..., Awaitable[Answer]]) -> None:
        self.kind = kind
        self._act = act

    async def __call__(self, site: Site, user: str, request: Request, parts: Mapping[str, str]) -> Answer:
        """Read and act."""
        _, document = await read_document(site, request)
        return await self._act(site, user, convert(document, self.kind), parts)


def show(row: Any) -> dict[str, object]:
    """A row of the records as its user sees it."""
    match row:
        case Contact():
            return {"address": str(row.address), "name": row.name, "email": row.email}
        case SentShare():
            return {
                **_shown(row, "name", "state", "reason", "permissions", "expiration"),
                "providerId": row.provider_id,
                "path": row.path.removeprefix(f"/{row.owner}"),
                "shareWith": str(row.recipient),
                "shareType": row.share_type,
                "resourceType": row.resource_type,
            }
        case ReceivedShare():
            return {
                **_shown(row, "key", "name", "state", "owner", "sender", "permissions", "expiration"),
                "shareType": row.share_type,
                "resourceType": row.resource_type,
            }
        case Joining():
            return _shown(row, "provider", "state", "reason")
        case Wish():
            shown = _shown(
                row, "key", "kind", "peer", "incoming", "resource", "state", "reason", "permissions"
            )
            return {**shown, "shareWith": row.share_with, "owner": row.owner}
    raise TypeError(type(row).__name__)


def _shown(row: Any, *names: str) -> dict[str, object]:
    return {name: getattr(row, name) for name in names}


async def handle(site: Site, request: Request, path: str) -> Response | None:
    """The answer of the user API, or None if the path is none of its."""
    if not path.startswith((API + "/", FILES + "/", SHARES + "/")):
        return None
    try:
        return await _answer(site, request, path)
    except OcmError as error:
        return refusal(error)


async def _answer(site: Site, request: Request, path: str) -> Response:
    current = signin.session(site, request)
    user = signin.by_password(site, request) if current is None else current.user
    user = user or signin.by_share_secret(site, request)
    if user is None:
        return answer(401, {"message": "sign in with name and password"}, CHALLENGE)
    reads = request.method in ("GET", "HEAD", "PROPFIND", "OPTIONS")
    # A cookie comes along with whatever page the browser shows; this header does not (CSRF).
    if current is not None and not reads and request.headers.get("x-csrf-token") != current.csrf:
        return answer(403, {"message": "a change by cookie needs the header X-CSRF-Token"})
    if path.startswith(API + "/"):
        return await _route(site, user, request, path[len(API) :])
    place = FILES if path.startswith(FILES + "/") else SHARES
    name = path.removeprefix(place + "/").partition("/")[0]
    if unquote(name) != user:
        return answer(403, {"message": f"this is not yours; yours is {place}/{quote(user)}/"})
    mount = f"{place}/{name}"
    if place == SHARES:
        return await received.serve_all(site, user, request, mount)
    response = await serve(own_files(site, user, mount), request)
    if request.method not in ("GET", "HEAD"):
        return response
    return Response(response.status, {**response.headers, **html.DOWNLOAD}, response.body)


def own_files(site: Site, user: str, mount: str) -> View:
    """A user's own files, all of them, as they are shown at `mount`."""
    return View(
        storage=site.ports.storage,
        root=f"/{user}",
        mount=mount,
        permissions=frozenset({"read", "write", "share"}),
        now=site.now,
        token=partial(site.ports.entropy.token, "lock"),
        locks=site.kept(LockTable),
        owner=user,
        aside=site.ports.aside,
    )


async def _route(site: Site, user: str, request: Request, path: str) -> Response:
    allowed = []
    for method, pattern, act in ROUTES:
        match = pattern.fullmatch(path)
        if match is None:
            continue
        if method in (request.method, "*"):
            parts = {name: unquote(value) for name, value in match.groupdict().items()}
            if act is _remote:
                passed: Response = await _remote(site, user, request, parts)
                return passed
            made: Answer = await act(site, user, request, parts)
            return answer(*made)
        allowed.append(method)
    if allowed:
        message = {"message": f"this takes {', '.join(allowed)}"}
        return answer(405, message, {**JSON, "allow": ", ".join(allowed)})
    return answer(404, {"message": "nothing is served here"})


async def _me(site: Site, user: str, request: Request, parts: Mapping[str, str]) -> Answer:
    found = site.user(user)
    address = str(site.address(user))
    return 200, {"id": found.id, "name": found.name, "email": found.email, "address": address}


def _invite_shown(site: Site, row: Invitation) -> dict[str, object]:
    invite = site.inviting.text(row)
    return {
        "token": row.token,
        "inviteString": invite.string,
        "inviteLink": invite.link(site.base + WAYF_PATH),
        "description": row.description,
        "expires": int(row.expires),
        "state": row.state,
    }


async def _invites(site: Site, user: str, request: Request, parts: Mapping[str, str]) -> Answer:
    return 200, {"invites": [_invite_shown(site, row) for row in site.records.invitations(user)]}


@partial(Taking, NewInvite)
async def _invite(site: Site, user: str, asked: NewInvite, parts: Mapping[str, str]) -> Answer:
    return 201, _invite_shown(site, site.inviting.invite(user, asked.description))


@partial(Taking, TakeInvite)
async def _take(site: Site, user: str, asked: TakeInvite, parts: Mapping[str, str]) -> Answer:
    given = asked.invite
    invite = Invite.from_link(given) if "://" in given else Invite.parse(given)
    joining = await site.inviting.accept(user, invite)
    inviter = None if joining.inviter is None else str(joining.inviter)
    status = {"done": 200, "open": 202, "refused": 409}[joining.state]
    return status, {**show(joining), "inviter": inviter, "message": joining.reason}


async def _contacts(site: Site, user: str, request: Request, parts: Mapping[str, str]) -> Answer:
    return 200, {"contacts": [show(row) for row in site.records.contacts(user)]}


async def _part(site: Site, user: str, request: Request, parts: Mapping[str, str]) -> Answer:
    await site.inviting.remove(user, OcmAddress.parse(parts["address"]))
    return 200, {"message": "removed"}


async def _sent(site: Site, user: str, request: Request, parts: Mapping[str, str]) -> Answer:
    return 200, {"shares": [show(row) for row in site.records.sent_by(user)]}


@partial(Taking, NewShare)
async def _share(site: Site, user: str, asked: NewShare, parts: Mapping[str, str]) -> Answer:
    share = await site.sending.share(
        user,
        asked.path,
        OcmAddress.parse(asked.share_with),
        permissions=asked.permissions,
        share_type=asked.share_type,
        expiration=asked.expiration,
    )
    return 202 if share.state == "offered" else 201, show(share)


@partial(Taking, Rights)
async def _change(site: Site, user: str, rights: Rights, parts: Mapping[str, str]) -> Answer:
    return 200, show(await site.sending.change_permissions(user, parts["id"], rights.permissions))


async def _unshare(site: Site, user: str, request: Request, parts: Mapping[str, str]) -> Answer:
    return 200, show(await site.sending.unshare(user, parts["id"]))


async def _received(site: Site, user: str, request: Request, parts: Mapping[str, str]) -> Answer:
    shares = site.receiving.shares(user, site.ports.users.groups_of(user))
    return 200, {"shares": [show(row) for row in shares]}


async def _accept(site: Site, user: str, request: Request, parts: Mapping[str, str]) -> Answer:
    return 200, show(await site.receiving.accept(user, parts["key"]))


async def _decline(site: Site, user: str, request: Request, parts: Mapping[str, str]) -> Answer:
    return 200, show(await site.receiving.decline(user, parts["key"]))


async def _remote(site: Site, user: str, request: Request, parts: Mapping[str, str]) -> Response:
    """Any WebDAV request inside a received share."""
    mount = f"{API}/shares/received/{quote(parts['key'], safe='')}/files"
    return await received.pass_on(site, user, parts["key"], request, mount, parts["path"].strip("/"))


async def _requests(site: Site, user: str, request: Request, parts: Mapping[str, str]) -> Answer:
    return 200, {"requests": [show(row) for row in site.records.wishes(user)]}


@partial(Taking, AskShare)
async def _ask_share(site: Site, user: str, asked: AskShare, parts: Mapping[str, str]) -> Answer:
    owner = OcmAddress.parse(asked.owner)
    wish = await site.wishing.ask_share(user, owner, asked.reference, asked.resource_type, asked.permissions)
    return 201, show(wish)


@partial(Taking, AskReshare)
async def _ask_reshare(site: Site, user: str, asked: AskReshare, parts: Mapping[str, str]) -> Answer:
    to = OcmAddress.parse(asked.share_with)
    return 201, show(await site.wishing.ask_reshare(user, asked.share, to, asked.permissions))


async def _decide(agree: bool, site: Site, user: str, request: Request, parts: Mapping[str, str]) -> Answer:
    await site.wishing.answer(user, parts["key"], agree)
    wish = site.records.wish(parts["key"])
    return 200, None if wish is None else show(wish)


async def _reference(site: Site, user: str, request: Request, parts: Mapping[str, str]) -> Answer:
    return 200, {"reference": site.wishing.reference(user, parts["path"])}


ROUTES: tuple[tuple[str, re.Pattern[str], Act | Any], ...] = tuple(
    (method, re.compile(pattern), act)
    for method, pattern, act in (
        ("GET", r"/me", _me),
        ("GET", r"/invites", _invites),
        ("POST", r"/invites", _invite),
        ("POST", r"/invites/accept", _take),
        ("GET", r"/contacts", _contacts),
        ("DELETE", r"/contacts/(?P<address>[^/]+)", _part),
        ("GET", r"/shares/sent", _sent),
        ("POST", r"/shares/sent", _share),
        ("PATCH", r"/shares/sent/(?P<id>[^/]+)", _change),
        ("DELETE", r"/shares/sent/(?P<id>[^/]+)", _unshare),
        ("GET", r"/shares/received", _received),
        ("POST", r"/shares/received/(?P<key>[^/]+)/accept", _accept),
        ("POST", r"/shares/received/(?P<key>[^/]+)/decline", _decline),
        ("*", r"/shares/received/(?P<key>[^/]+)/files/?(?P<path>.*)", _remote),
        ("GET", r"/requests", _requests),
        ("POST", r"/requests/share", _ask_share),
        ("POST", r"/requests/reshare", _ask_reshare),
        ("POST", r"/requests/(?P<key>[^/]+)/agree", partial(_decide, True)),
        ("POST", r"/requests/(?P<key>[^/]+)/refuse", partial(_decide, False)),
        ("GET", r"/references/(?P<path>.+)", _reference),
    )
)
