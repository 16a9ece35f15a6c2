"""Received shares as their user's WebDAV: one folder of them all, and each passed on to who sent it.

A request goes out with the share's own credential. What comes back is another server's word, so that
only headers which concern the resource are let through, and files never run in this site's name.
"""

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

from meshsim.apis import html
from meshsim.apis._dav_view import Refusal, View, segments
from meshsim.apis._dav_xml import parse
from meshsim.apis.webdav import LockTable, serve
from meshsim.ocm.errors import LocalError, OcmError, PeerError
from meshsim.ocm.lifecycle import Share
from meshsim.site.records import ReceivedShare
from meshsim.site.site import Site
from meshsim.storage import MISSING, Entry, Storage, StorageError
from meshsim.wire import Body, BodyTooLarge, Request, Response, read, split

HELD = 1 << 20
"""Bytes of a request that is held in memory, to be sent again with another credential; a longer one is passed
on as it comes."""
ANSWER_LIMIT = 64 << 20
"""Bytes of a multistatus that is read."""

PASSED_ON = frozenset(
    {
        *("content-type", "depth", "if", "if-match", "if-none-match", "if-modified-since", "if-range"),
        *("if-unmodified-since", "lock-token", "overwrite", "range", "timeout"),
    }
)
"""Headers of a user's request that concern the resource, and nobody's credentials."""

PASSED_BACK = frozenset(
    {
        *("accept-ranges", "allow", "content-length", "content-range", "content-type", "dav", "etag"),
        *("last-modified", "lock-token", "retry-after"),
    }
)
"""Headers of the answer that do the same; no cookie, no redirect, no policy of another server's."""

_UNFIT = re.compile(r"[\x00-\x1f\x7f/\\\ufffe\uffff]")
_TAGGED = re.compile(r"<((?:https?:/)?/[^>]*)>")
_ASK = b'<D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>'


def names(site: Site, user: str) -> dict[str, ReceivedShare]:
    """The shares a user took, by the names they have in the folder of them all.

    A name that several shares have is followed by who gave it, and if need be by its providerId; so
    a client that knew the plain name finds nothing there, rather than the other share.
    """
    shares = site.receiving.shares(user, site.ports.users.groups_of(user))
    named = [(_fit(share.name), share) for share in shares if share.state is Share.ACCEPTED]
    for field in ("sender", "provider_id"):
        known = [name for name, _ in named]
        named = [
            (_fit(f"{name} ({getattr(share, field)})") if known.count(name) > 1 else name, share)
            for name, share in named
        ]
    return dict(named)


def _fit(name: str) -> str:
    name = _UNFIT.sub("_", name)
    return "_" if name in ("", ".", "..") else name


async def serve_all(site: Site, user: str, request: Request, mount: str) -> Response:
    """The answer of the folder of received shares at `mount`, and of all below."""
    try:
        inside = segments(request.target.path)[len(segments(mount)) :]
    except Refusal as refusal:
        return Response(refusal.status)
    if not inside:
        return await serve(_view(site, mount, await _listing(site, user, request)), request)
    name, *path = inside
    share = names(site, user).get(name)
    if share is None:
        if request.method in ("PUT", "MKCOL", "LOCK"):
            raise LocalError("what others share comes here by itself, and nothing else does", status=403)
        raise LocalError(f"no share {name!r} is among those you accepted", status=404)
    here = f"{mount}/{request.target.path[len(mount) :].strip('/').partition('/')[0]}"
    return await pass_on(site, user, share.key, request, here, "/".join(path))


async def pass_on(site: Site, user: str, key: str, request: Request, mount: str, path: str) -> Response:
    """The sender's answer to a WebDAV request at `path` in a share that is shown at `mount`.

    LocalError if the user may not, PeerError if the sender cannot be asked.
    """
    view = _view(site, mount, site.ports.storage)
    base = await site.opening.url(user, key)
    passed = {name: value for name, value in request.headers.items() if name in PASSED_ON}
    try:
        destination = None
        if "destination" in request.headers:
            destination = view.resolve(request.headers["destination"].strip(), request.target)
        if "if" in passed:
            passed["if"] = _TAGGED.sub(
                lambda found: f"<{base}{view.resolve(found[1], request.target)}>", passed["if"]
            )
        body = await _begun(request.body)
    except Refusal as refusal:
        raise LocalError(
            "Destination and If must name something in the same share", status=refusal.status
        ) from refusal
    if not isinstance(body, bytes):
        if request.method != "PUT":
            raise LocalError(f"at most {HELD} bytes are read of a {request.method}", status=413)
        if "content-length" in request.headers:
            # Many servers take no body whose length they are not told.
            passed["content-length"] = request.headers["content-length"]
    response = await site.opening.request(
        user, key, request.method, path, headers=passed, body=body, destination=destination
    )
    return await _judged(response, request.method, base, view)


async def _begun(body: Body) -> Body:
    """A short body as bytes; a longer one as it comes."""
    if not isinstance(body, AsyncIterator):
        return await read(body)
    begun, size = [], 0
    async for chunk in body:
        begun.append(chunk)
        size += len(chunk)
        if size > HELD:
            return _rest(begun, body)
    return b"".join(begun)


async def _rest(begun: list[bytes], body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    while begun:
        yield begun.pop(0)
    async for chunk in body:
        yield chunk


async def _judged(response: Response, method: str, base: str, view: View) -> Response:
    status = response.status
    if status in (401, 407):
        # It is the share's credential that does not open it; the user's own was right.
        raise LocalError("the sending server does not open this share any more", status=403)
    if status < 200 or (300 <= status < 400 and status != 304):
        raise PeerError(f"the sending server answered {status}", answered=status)
    headers = {name: value for name, value in response.headers.items() if name in PASSED_BACK}
    body = response.body
    if status == 207 or (method == "LOCK" and status < 300):
        try:
            body = _translated(await read(response.body, ANSWER_LIMIT), base, view)
        except (Refusal, BodyTooLarge) as error:
            raise PeerError("the sending server's answer cannot be read", answered=status) from error
        headers |= {"content-type": "application/xml; charset=utf-8", "content-length": str(len(body))}
    return Response(status, {**headers, **html.DOWNLOAD}, body)


def _translated(document: bytes, base: str, view: View) -> bytes:
    """A document in which the sender's places stand as ours; what is not in the share is left out."""
    from lxml import etree  # type: ignore[import-untyped]

    root = parse(document)
    prefix = segments(split(base).path)
    for response in root.findall("{DAV:}response"):
        places = [_place(href, prefix) for href in response.findall("{DAV:}href")]
        if not places or None in places:
            root.remove(response)
    for href in (*root.findall("{DAV:}response/{DAV:}href"), *root.iterfind(".//{DAV:}lockroot/{DAV:}href")):
        place = _place(href, prefix)
        href.text = view.href(f"/{place or ''}".rstrip("/") or "/", (href.text or "").endswith("/"))
    made: bytes = etree.tostring(root, xml_declaration=True, encoding="utf-8")
    return made


def _place(href: Any, prefix: tuple[str, ...]) -> str | None:
    """Where in the share an href leads; None if elsewhere."""
    text = (href.text or "").strip()
    try:
        found = segments(split(text).path if "://" in text else text.partition("?")[0])
    except Refusal:
        return None
    return "/".join(found[len(prefix) :]) if found[: len(prefix)] == prefix else None


class _Names:
    """The folder of all shares, as storage that is only looked at."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self._entries = entries

    def stat(self, path: str) -> Entry | None:
        return self._entries.get(path)

    def list(self, path: str) -> list[Entry]:
        return [entry for where, entry in sorted(self._entries.items()) if where != path]

    def properties(self, path: str) -> Mapping[str, str]:
        return {}

    def read(self, path: str, start: int = 0, length: int | None = None, known: Entry | None = None) -> bytes:
        raise StorageError(MISSING, path)


async def _listing(site: Site, user: str, request: Request) -> Storage:
    found = {"/": Entry("/", True, 0, 0.0, 0.0, "0", "0")}
    members = names(site, user) if request.headers.get("depth", "infinity").strip() != "0" else {}
    for name, share in members.items():
        path, moment = f"/{name}", share.received
        if share.resource_type != "file":
            found[path] = Entry(path, True, 0, moment, moment, f"{moment:.0f}", share.key)
            continue
        try:
            seen = await site.opening.request(user, share.key, "PROPFIND", headers={"depth": "0"}, body=_ASK)
            props = parse(await read(seen.body, ANSWER_LIMIT))
            size = int(props.findtext(".//{DAV:}getcontentlength") or 0)
        except (OcmError, Refusal, BodyTooLarge, ValueError):
            # A server that is away hides its own files, and nobody else's.
            continue
        etag = (props.findtext(".//{DAV:}getetag") or "").strip('"')
        found[path] = Entry(path, False, size, moment, moment, etag, share.key)
    return _Names(found)  # type: ignore[return-value] # of storage, the read half


def _view(site: Site, mount: str, storage: Storage) -> View:
    return View(storage, "/", mount, frozenset({"read"}), site.now, lambda: "", site.kept(LockTable), "")
