"""What most requests are, answered straight from storage: GET, HEAD, PUT, and of what nobody has locked
PROPFIND, MKCOL and DELETE.

wsgidav gives the same answers (a test compares them) in nine to nineteen times the time. Ranges are
judged here alone: wsgidav takes "bytes=5-2" for the last two bytes.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from html import escape

from meshsim.apis._dav_conditions import http_moment
from meshsim.apis._dav_entity import display_name, entity_tag, http_date, iso_date, media_type
from meshsim.apis._dav_view import Refusal, View, lock_root
from meshsim.apis._dav_xml import DECLARATION, Query, empty
from meshsim.storage import Entry
from meshsim.storage._paths import parent
from meshsim.wire import Body

WALK_LIMIT = 1000
"""Members a PROPFIND with Depth: infinity lists at most; a bigger tree is refused."""

FRAGMENTS = 10_000
"""Members of folders of which the answer to an allprop is kept; half of a PROPFIND went into writing it."""
FRAGMENT_LIMIT = 2048
"""Characters of such an answer that are kept."""
_fragments: dict[tuple[str, str, str], tuple[Entry, str]] = {}

Answer = tuple[int, dict[str, str], Body]

_RANGE = re.compile(r"bytes\s*=\s*(\d{0,18})-(\d{0,18})\s*", re.IGNORECASE)
_LOCK_PROPERTIES = (
    "<D:lockdiscovery/>"
    "<D:supportedlock>"
    "<D:lockentry><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockentry>"
    "<D:lockentry><D:lockscope><D:shared/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockentry>"
    "</D:supportedlock>"
)
_FILE_NAMES = (
    "<D:resourcetype/><D:creationdate/><D:getcontentlength/><D:getcontenttype/>"
    "<D:getlastmodified/><D:displayname/><D:getetag/><D:lockdiscovery/><D:supportedlock/>"
)
_FOLDER_NAMES = _FILE_NAMES.replace("<D:getcontentlength/><D:getcontenttype/>", "")
_FOUND = "</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>"
_NOT_FOUND = "</D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>"


def fetch(view: View, entry: Entry, headers: Mapping[str, str], *, body: bool) -> Answer:
    """GET or, without `body`, HEAD of a file: 200, 206 or 416."""
    answer = {
        "content-type": media_type(entry.path),
        "content-length": str(entry.size),
        "last-modified": http_date(int(entry.modified)),
        "etag": entity_tag(entry),
        "accept-ranges": "bytes",
    }
    # Range is defined for GET alone (RFC 9110, 14.2).
    part = _range(headers, entry) if body and "range" in headers else None
    if part is None:
        return 200, answer, view.storage.read(entry.path, known=entry) if body else b""
    start, length = part
    answer["content-length"] = str(length)
    answer["content-range"] = f"bytes {start}-{start + length - 1}/{entry.size}"
    return 206, answer, view.storage.read(entry.path, start, length, entry)


def may_store(
    view: View, path: str, entry: Entry | None, headers: Mapping[str, str], tokens: Collection[str]
) -> None:
    """Refuse a PUT that locks or headers forbid; `tokens` are the lock tokens shown."""
    if "content-encoding" in headers:  # RFC 9110, 15.5.16 and 12.5.3; it was 501 until RFC 7231
        raise Refusal(415, headers={"accept-encoding": "identity"})
    if "content-range" in headers:  # RFC 9110, 14.5
        raise Refusal(400)
    # A new member is a change of its folder, which may be locked for itself alone.
    locks = view.locks.against(
        parent(path) if entry is None else path,
        deep=False,
        tokens=tokens,
        principal=view.owner,
        now=view.now(),
    )
    if locks:
        above = view.storage.stat(parent(path))
        if above is None or not above.folder:
            raise Refusal(409)
        raise Refusal(
            423, "lock-token-submitted", list(dict.fromkeys(lock_root(view, lock) for lock in locks))
        )


def stored(entry: Entry | None, written: Entry) -> Answer:
    """The answer to a PUT: 201 if the file is new, else 204."""
    return 201 if entry is None else 204, {"etag": entity_tag(written), "content-length": "0"}, b""


def make(view: View, path: str, headers: Mapping[str, str], data: bytes) -> Answer:
    """MKCOL of a free name."""
    if data:
        raise Refusal(415)
    if headers.get("depth", "0") != "0":
        raise Refusal(400)
    view.storage.make_folder(path)
    return 201, {"content-length": "0"}, b""


def remove(view: View, entry: Entry, headers: Mapping[str, str], data: bytes) -> Answer:
    """DELETE of a file, or of a folder with all in it."""
    if data:
        raise Refusal(415)
    # RFC 4918, 9.6.1; a file has no members for "0" and "infinity" to differ in.
    if headers.get("depth", "infinity") not in (("infinity",) if entry.folder else ("infinity", "0")):
        raise Refusal(400)
    view.storage.delete(entry.path)
    view.locks.forget(entry.path)
    return 204, {"content-length": "0"}, b""


def find(view: View, entry: Entry, depth: str, query: Query) -> Answer:
    """PROPFIND: 207, or 403 for an infinite depth over too many members."""
    describe = _kept if query.kind == "allprop" else _described
    described = "".join([describe(view, member, query) for member in members(view, entry, depth)])
    body = f'{DECLARATION}<D:multistatus xmlns:D="DAV:">{described}</D:multistatus>'.encode()
    return 207, {"content-type": "application/xml; charset=utf-8", "content-length": str(len(body))}, body


def members(view: View, entry: Entry, depth: str) -> Iterable[Entry]:
    """An entry and what a Depth header adds to it, folders before their content."""
    if depth == "0" or not entry.folder:
        return [entry]
    if depth == "1":
        return [entry, *view.storage.list(entry.path)]
    found: list[Entry] = []
    pending = [entry]
    while pending:
        current = pending.pop()
        found.append(current)
        if len(found) > WALK_LIMIT:
            raise Refusal(403, "propfind-finite-depth")
        if current.folder:
            pending.extend(reversed(view.storage.list(current.path)))
    return found


def _range(headers: Mapping[str, str], entry: Entry) -> tuple[int, int] | None:
    """Start and length of the one range asked for; None for the whole (RFC 9110, 14.1.2 and 13.1.5)."""
    condition = headers.get("if-range")
    if (
        condition is not None
        and condition != entity_tag(entry)
        and http_moment(condition) != int(entry.modified)
    ):
        return None
    match = _RANGE.fullmatch(headers["range"])
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        length = min(int(last), entry.size)
        start = entry.size - length
    else:
        start = int(first)
        if last and int(last) < start:
            return None
        length = (min(int(last), entry.size - 1) if last else entry.size - 1) - start + 1
    if start >= entry.size or not length:
        raise Refusal(416, headers={"content-range": f"bytes */{entry.size}"})
    return start, length


def _kept(view: View, entry: Entry, query: Query) -> str:
    """What is said of an entry, written once for as long as nothing about it changes."""
    key = view.mount, view.root, entry.path
    found = _fragments.get(key)
    if found is not None and found[0] == entry:
        return found[1]
    if len(_fragments) >= FRAGMENTS:
        _fragments.clear()
    text = _described(view, entry, query)
    if len(text) <= FRAGMENT_LIMIT:
        _fragments[key] = entry, text
    return text


def _described(view: View, entry: Entry, query: Query) -> str:
    """One response element."""
    head = f"<D:response><D:href>{view.href(entry.path, entry.folder)}</D:href><D:propstat><D:prop>"
    dead = entry.properties
    if query.kind == "prop":
        return head + _named(entry, dead, query.names)
    if query.kind == "propname":
        names = (_FOLDER_NAMES if entry.folder else _FILE_NAMES) + "".join(map(empty, dead))
        return f"{head}{names}{_FOUND}</D:response>"
    if entry.folder:
        kind, content = "<D:resourcetype><D:collection/></D:resourcetype>", ""
    else:
        kind = "<D:resourcetype/>"
        content = (
            f"<D:getcontentlength>{entry.size}</D:getcontentlength>"
            f"<D:getcontenttype>{media_type(entry.path)}</D:getcontenttype>"
        )
    return (
        f"{head}{kind}<D:creationdate>{iso_date(int(entry.created))}</D:creationdate>{content}"
        f"<D:getlastmodified>{http_date(int(entry.modified))}</D:getlastmodified>"
        f"<D:displayname>{escape(display_name(entry.path))}</D:displayname>"
        f"<D:getetag>{entity_tag(entry)}</D:getetag>"
        f"{_LOCK_PROPERTIES}{''.join(dead.values())}{_FOUND}</D:response>"
    )


def _named(entry: Entry, dead: Mapping[str, str], names: tuple[str, ...]) -> str:
    """The rest of a response element, for the properties asked for by name."""
    found = {name: _live(entry, name) or dead.get(name) for name in names}
    there = "".join(text for text in found.values() if text is not None)
    missing = "".join(empty(name) for name, text in found.items() if text is None)
    if there and missing:
        return f"{there}{_FOUND}<D:propstat><D:prop>{missing}{_NOT_FOUND}</D:response>"
    return f"{missing}{_NOT_FOUND}</D:response>" if missing else f"{there}{_FOUND}</D:response>"


def _live(entry: Entry, name: str) -> str | None:
    if name == "{DAV:}resourcetype":
        return f"<D:resourcetype>{'<D:collection/>' if entry.folder else ''}</D:resourcetype>"
    if name == "{DAV:}creationdate":
        return f"<D:creationdate>{iso_date(int(entry.created))}</D:creationdate>"
    if name == "{DAV:}getcontentlength" and not entry.folder:
        return f"<D:getcontentlength>{entry.size}</D:getcontentlength>"
    if name == "{DAV:}getcontenttype" and not entry.folder:
        return f"<D:getcontenttype>{media_type(entry.path)}</D:getcontenttype>"
    if name == "{DAV:}getlastmodified":
        return f"<D:getlastmodified>{http_date(int(entry.modified))}</D:getlastmodified>"
    if name == "{DAV:}displayname":
        return f"<D:displayname>{escape(display_name(entry.path))}</D:displayname>"
    if name == "{DAV:}getetag":
        return f"<D:getetag>{entity_tag(entry)}</D:getetag>"
    if name == "{DAV:}lockdiscovery":
        return "<D:lockdiscovery/>"
    if name == "{DAV:}supportedlock":
        return _LOCK_PROPERTIES.removeprefix("<D:lockdiscovery/>")
    return None
