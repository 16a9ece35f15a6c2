"""The WebDAV face of every site: what a view of its storage answers to one request.

Confinement, permissions and conditions are judged here, once, before anything is done. Then most reads
and writes are answered straight from storage, the rest by wsgidav.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from functools import partial

import msgspec

from meshsim.apis import _dav_conditions as conditions
from meshsim.apis import _dav_direct as direct
from meshsim.apis import _dav_xml as xml
from meshsim.apis._dav_entity import entity_tag, http_date
from meshsim.apis._dav_locks import LockTable
from meshsim.apis._dav_view import STATUS, Refusal, View
from meshsim.site.ports import Aside
from meshsim.storage import Entry, Staged, StorageError
from meshsim.storage._paths import inside, parent
from meshsim.wire import BodyTooLarge, Headers, Request, Response, chunks, read, split

__all__ = ["LockTable", "View", "credentials", "serve"]

_READ, _WRITE = frozenset({"read"}), frozenset({"write"})
_NEEDED = {
    "OPTIONS": frozenset[str](),
    "GET": _READ,
    "HEAD": _READ,
    "PROPFIND": _READ,
    "COPY": _READ | _WRITE,
    "PUT": _WRITE,
    "MKCOL": _WRITE,
    "DELETE": _WRITE,
    "MOVE": _WRITE,
    "PROPPATCH": _WRITE,
    "LOCK": _WRITE,
    "UNLOCK": _WRITE,
}
METHODS = tuple(_NEEDED)
"""All that is understood, on files or folders."""

_CREATING = frozenset({"OPTIONS", "PUT", "MKCOL", "LOCK"})
_NOT_ON_FILES = frozenset({"MKCOL"})
_LONG = frozenset({"PROPFIND", "COPY", "MOVE"})
"""Methods that go through all that is at a path, and may take long for it."""
# RFC 4918, 9.4 leaves GET of a folder open; an HTML index is nobody's interface, so there is none.
_NOT_ON_FOLDERS = frozenset({"GET", "HEAD", "PUT", "MKCOL"})

_BEARER = re.compile(r"bearer +([A-Za-z0-9\-._~+/]+=*)", re.IGNORECASE)
_BASIC = re.compile(r"basic +([A-Za-z0-9+/]+=*)", re.IGNORECASE)


class Case(msgspec.Struct, frozen=True, gc=False):
    """One request, judged: the storage path, what is there, and the lock tokens the client shows."""

    path: str
    entry: Entry | None
    tokens: list[str]


async def serve(view: View, request: Request) -> Response:
    """The answer to one request whose credentials gave `view`. Never asks for credentials itself."""
    try:
        data = request.body
        if isinstance(data, bytes):
            if len(data) > xml.BODY_LIMIT and request.method != "PUT":
                raise Refusal(413)
            case = _judge(view, request)
            if request.method in _LONG and view.aside is not None and _is_long(view, request, case):
                status, headers, body = await _aside(view, request, case, data, view.aside)
            else:
                status, headers, body = _do(view, request, case, data)
        else:
            status, headers, body = await _in_parts(view, request)
    except Refusal as refusal:
        status, headers, body = _refused(refusal)
    except StorageError as error:
        status, headers, body = _refused(Refusal(STATUS[error.reason]))
    except BodyTooLarge:
        status, headers, body = _refused(Refusal(413))
    headers["date"] = http_date(int(view.now()))
    return Response(status, headers, b"" if request.method == "HEAD" else body)


def credentials(headers: Headers) -> tuple[str, ...] | None:
    """("bearer", token) or ("basic", user, password) from Authorization; None if there are none to check.

    Whatever is malformed or empty counts as none, so that an empty secret never meets a comparison.
    """
    field = headers.get("authorization", "").strip()
    if bearer := _BEARER.fullmatch(field):
        return "bearer", bearer[1]
    if basic := _BASIC.fullmatch(field):
        try:
            text = base64.b64decode(basic[1], validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return None
        user, colon, password = text.partition(":")
        if colon and (user or password):
            return "basic", user, password
    return None


async def _in_parts(view: View, request: Request) -> direct.Answer:
    """The answer to what waits for its body."""
    # What is refused whatever the body, is refused before it is sent.
    case = _judge(view, request)
    if request.method == "PUT":
        return await _receive(view, request, case)
    data = await read(request.body, xml.BODY_LIMIT)
    case = _judge(view, request)
    if view.aside is not None and _is_long(view, request, case):
        return await _aside(view, request, case, data, view.aside)
    return _do(view, request, case, data)


def _is_long(view: View, request: Request, case: Case) -> bool:
    """Whether others should not wait for it."""
    depth = request.headers.get("depth")
    if request.method not in _LONG or case.entry is None or depth == "0":
        return False
    if not (case.entry.folder or request.method == "COPY"):
        return False
    # What a lock touches is told by wsgidav, in many times the time.
    deep = request.method != "PROPFIND" or depth != "1" or view.locks.touching(case.path, view.now())
    return view.storage.long(case.path, deep=deep)


async def _aside(view: View, request: Request, case: Case, data: bytes, aside: Aside) -> direct.Answer:
    """PROPFIND, COPY or MOVE of what is big: others are served meanwhile."""
    if request.method == "PROPFIND":
        return await aside(partial(_do, view, request, case, data))
    target = _destination(view, request, case.path)
    if request.headers.get("overwrite") == "F" and view.storage.stat(target) is not None:
        return _do(view, request, case, data)
    begin = view.storage.copying if request.method == "COPY" else view.storage.moving
    staged = begin(case.path, target)
    try:
        await aside(staged.prepare)
        # Others did not wait: locks, conditions and what is there may be different now.
        return _do(view, request, _judge(view, request), data, staged)
    finally:
        staged.abort()


async def _receive(view: View, request: Request, case: Case) -> direct.Answer:
    """PUT of a file whose content is still to come: what was there stays until all of it is here."""
    direct.may_store(view, case.path, case.entry, request.headers, case.tokens)
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > view.storage.largest:
        raise Refusal(413)
    upload = view.storage.upload(case.path)
    try:
        async for chunk in chunks(request.body):
            upload.write(chunk)
        if view.storage.synced and view.aside is not None:
            await view.aside(upload.prepare)
        # Others did not wait meanwhile: locks, conditions and what is there may be different now.
        case = _judge(view, request)
        direct.may_store(view, case.path, case.entry, request.headers, case.tokens)
        return direct.stored(case.entry, upload.commit())
    finally:
        upload.abort()


def _judge(view: View, request: Request) -> Case:
    """What a request is about; Refusal unless it is allowed and its conditions hold."""
    method, headers = request.method, request.headers
    if "#" in request.url:
        # A fragment is no part of a request; without it a DELETE would hit another resource.
        raise Refusal(400)
    path = view.locate(split(request.url).path)
    if path is None:
        raise Refusal(404)
    needed = _NEEDED.get(method)
    if needed is not None and not needed <= view.permissions:
        raise Refusal(403)
    entry = view.storage.stat(path)
    if entry is None:
        _may_appear(view, path, method)
    elif needed is None or method in (_NOT_ON_FOLDERS if entry.folder else _NOT_ON_FILES):
        raise Refusal(405, headers={"allow": _allowed(view, entry)})
    tokens: list[str] = []
    if not conditions.NAMES.isdisjoint(headers):
        tokens = _shown(view, request, path, entry)
    if method in ("DELETE", "MOVE") and path == view.root:
        raise Refusal(403)
    return Case(path, entry, tokens)


def _do(view: View, request: Request, case: Case, data: bytes, staged: Staged | None = None) -> direct.Answer:
    """Carry out what was judged, at once, so that nothing can come between.

    `staged` is what a COPY or MOVE puts in its place, if it is prepared already.
    """
    method, headers = request.method, request.headers
    path, entry, tokens = case.path, case.entry, case.tokens
    if method in ("GET", "HEAD") and entry is not None:
        return direct.fetch(view, entry, headers, body=method == "GET")
    if method == "OPTIONS":
        level = "1, 2" if "write" in view.permissions else "1"
        return 200, {"dav": level, "allow": _allowed(view, entry), "content-length": "0"}, b""
    if method == "PUT":
        direct.may_store(view, path, entry, headers, tokens)
        return direct.stored(entry, view.storage.write(path, data, entry))
    if method == "MKCOL" and entry is None and not view.locks.covering(parent(path), view.now()):
        return direct.make(view, path, headers, data)
    if method == "DELETE" and entry is not None and not _held(view, path, tokens):
        return direct.remove(view, entry, headers, data)
    if method == "PROPFIND" and entry is not None:
        depth = _depth(headers)
        query = xml.query(data)
        if depth == "infinity":
            direct.members(view, entry, depth)
        if not view.locks.touching(path, view.now()):
            return direct.find(view, entry, depth, query)
        data = query.document("name")
    # Loaded when first needed: most sites of a big mesh never are asked for more than the above.
    from meshsim.apis import _dav_wsgidav

    destination = None
    if method in ("COPY", "MOVE"):
        destination = _destination(view, request, path)
    return _dav_wsgidav.handle(view, method, path, entry, headers, data, tokens, destination, staged)


def _may_appear(view: View, path: str, method: str) -> None:
    """Refuse what is not there, and may not come into being there: below a file, or without the root."""
    root = view.storage.stat(view.root) if path != view.root else None
    if root is None or not root.folder or method not in _CREATING:
        raise Refusal(404)


def _allowed(view: View, entry: Entry | None) -> str:
    """The methods that the view permits on what is there, or on a free name."""
    if entry is None:
        fitting = _CREATING
    else:
        fitting = frozenset(_NEEDED) - (_NOT_ON_FOLDERS if entry.folder else _NOT_ON_FILES)
    return ", ".join(
        name for name, needed in _NEEDED.items() if name in fitting and needed <= view.permissions
    )


def _shown(view: View, request: Request, path: str, entry: Entry | None) -> list[str]:
    """The lock tokens a conditional request shows; Refusal 304 or 412 if its conditions fail."""
    headers = request.headers
    tokens: list[str] = []
    if "if" in headers:
        lists = conditions.parse_if(headers["if"])

        def state(resource: str) -> conditions.State:
            try:
                place = view.resolve(resource, request.target) if resource else path
            except Refusal:
                return conditions.State("", frozenset())
            found = view.storage.stat(place)
            locks = view.locks.covering(place, view.now())
            return conditions.State(
                "" if found is None else entity_tag(found), frozenset(lock.token for lock in locks)
            )

        if not conditions.holds(lists, state):
            raise Refusal(412)
        tokens = conditions.submitted(lists)
    status = conditions.failure(headers, request.method, entry)
    if status == 304 and entry is not None:
        raise Refusal(304, headers={"etag": entity_tag(entry)})
    if status is not None:
        raise Refusal(status)
    return tokens


def _held(view: View, path: str, tokens: list[str]) -> bool:
    """Whether a lock keeps the client from removing a path: on it, in it, or on the folder it is in."""
    locks, owner, now = view.locks, view.owner, view.now()
    return bool(
        locks.against(path, deep=True, tokens=tokens, principal=owner, now=now)
        or locks.against(parent(path), deep=False, tokens=tokens, principal=owner, now=now)
    )


def _depth(headers: Mapping[str, str]) -> str:
    """Depth of a PROPFIND: missing means infinity, and any other word is refused (RFC 4918, 10.2)."""
    depth = headers.get("depth", "infinity").strip().lower()
    if depth not in ("0", "1", "infinity"):
        raise Refusal(400)
    return depth


def _destination(view: View, request: Request, source: str) -> str:
    """Where a COPY or MOVE goes; 403 for the root of the view, the source itself, or around it."""
    field = request.headers.get("destination", "").strip()
    if not field:
        raise Refusal(400)
    target = view.resolve(field, request.target)
    if target == view.root or inside(target, source) or inside(source, target):
        raise Refusal(403)
    return target


def _refused(refusal: Refusal) -> direct.Answer:
    """The answer to a refused request: nothing in it but the reason."""
    headers = dict(refusal.headers)
    body = b""
    if refusal.condition:
        body = xml.error(refusal.condition, refusal.hrefs)
        headers["content-type"] = "application/xml; charset=utf-8"
    if refusal.status != 304:
        headers["content-length"] = str(len(body))
    return refusal.status, headers, body
