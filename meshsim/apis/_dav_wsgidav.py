"""wsgidav over our storage: locks, properties, COPY, MOVE and whatever else needs its semantics.

Its request server is code without state, shared by all sites; what one request may see travels in the
environ, as the provider. Paths stay percent-encoded inside, because wsgidav decodes Destination and
then takes the result apart as a URL, which would cut names at "?", "#" and ";".
"""

import io
import os
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import quote

from lxml import etree  # type: ignore[import-untyped]
from wsgidav.dav_error import (
    DAVError,
    PRECONDITION_CODE_ProtectedProperty,
    get_http_status_code,
)
from wsgidav.dav_provider import (
    DAVCollection,
    DAVNonCollection,
    DAVProvider,
)
from wsgidav.request_server import RequestServer

from meshsim.apis._dav_direct import Answer
from meshsim.apis._dav_entity import display_name, entity_tag, media_type
from meshsim.apis._dav_lock_manager import LockManager, dav_error, write
from meshsim.apis._dav_view import Refusal, View, lock_root, segments
from meshsim.apis._dav_xml import parse
from meshsim.storage import Entry, Staged, StorageError
from meshsim.storage._paths import parent
from meshsim.wire import FileSlice

PROPERTIES_LIMIT = 1 << 16
"""Characters of dead properties one resource may carry; PROPFIND repeats them for each member."""

_CONFIG: Mapping[str, object] = {"block_size": 1 << 20}
_PASSED_ON = {
    "content-encoding": "HTTP_CONTENT_ENCODING",
    "content-range": "HTTP_CONTENT_RANGE",
    "depth": "HTTP_DEPTH",
    "lock-token": "HTTP_LOCK_TOKEN",
    "overwrite": "HTTP_OVERWRITE",
    "timeout": "HTTP_TIMEOUT",
}
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def handle(
    view: View,
    method: str,
    path: str,
    entry: Entry | None,
    headers: Mapping[str, str],
    body: bytes,
    tokens: list[str],
    destination: str | None,
    staged: Staged | None = None,
) -> Answer:
    """What wsgidav answers to a request whose path, conditions and permissions are judged already.

    `tokens` are the lock tokens the client shows, `destination` a storage path in the view, `staged` the
    copy or move that puts something there, if it is prepared already.
    """
    provider = _Provider(view, staged)
    if body and method in ("PROPPATCH", "LOCK"):
        body = etree.tostring(parse(body))
    elif method not in ("PROPFIND", "MKCOL", "PUT", "DELETE"):
        body = b""
    inner = _inner(view, path, entry)
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": inner,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "https",
        "HTTP_HOST": "",
        "wsgidav.app": provider,
        "wsgidav.provider": provider,
        "wsgidav.config": _CONFIG,
        "wsgidav.verbose": 0,
        "wsgidav.auth.user_name": view.owner,
        "wsgidav.conditions.if": None,
        "wsgidav.ifLockTokenList": tokens,
        **{name: headers[field] for field, name in _PASSED_ON.items() if field in headers},
    }
    fresh = False
    if destination is not None:
        # wsgidav decodes once; what is left is the form that paths have in here.
        environ["HTTP_DESTINATION"] = quote(_inner(view, destination, None))
        fresh = view.storage.stat(destination) is None
    started: list[Any] = []

    def start_response(status: str, fields: list[tuple[str, str]], exc_info: object = None) -> None:
        started[:] = [int(status.split(" ", 1)[0]), fields]

    try:
        content = b"".join(RequestServer(provider)(environ, start_response))
    except DAVError as error:
        raise _refusal(error) from error
    status, fields = started
    if method in ("COPY", "MOVE") and status == 204 and fresh:
        # wsgidav says 204 for whatever a provider does by itself.
        status = 201
    return _cleaned(status, fields, content)


def _cleaned(status: int, fields: list[tuple[str, str]], content: bytes) -> Answer:
    """wsgidav's answer without its error pages, which carry the wall clock and its version."""
    answer = {name.lower(): value for name, value in fields if name.lower() != "date"}
    if answer.get("content-type", "").startswith("text/html"):
        del answer["content-type"]
        content = b""
    answer["content-length"] = str(len(content))
    return status, answer, content


def _refusal(error: Any) -> Refusal:
    condition = error.err_condition
    status = get_http_status_code(error)
    if condition is None:
        return Refusal(status)
    return Refusal(status, condition.condition_code.removeprefix("{DAV:}"), condition.hrefs)


def _inner(view: View, path: str, entry: Entry | None) -> str:
    """A storage path in the form that wsgidav sees: from the view's root, percent-encoded."""
    encoded = quote(view.relative(path) or "", safe="/") or "/"
    return encoded + "/" if entry is not None and entry.folder and encoded != "/" else encoded


class _Provider(DAVProvider):  # type: ignore[misc]
    """One view, for the time of one request."""

    def __init__(self, view: View, staged: Staged | None) -> None:
        super().__init__()
        self.view = view
        self.staged = staged
        self.share_path = ""
        self.verbose = 0
        self.lock_manager = LockManager(view)

    def is_readonly(self) -> bool:
        return "write" not in self.view.permissions

    def resolve_provider(self, path: str) -> "tuple[str, _Provider]":
        """Asked of the application: the destination was found to be in this view before."""
        return "/", self

    def ref_url_to_path(self, ref_url: str) -> str:
        return _inner(self.view, ref_url, None)

    def get_resource_inst(self, path: str | None, environ: Any) -> "_File | _Folder | None":
        if path is None:
            # What the root is in: asked of a PUT to a shared file, which needs no more than a folder there.
            return _Folder(self.view, _blank(parent(self.view.root), folder=True), environ)
        place = self.view.below(segments(path))
        try:
            entry = self.view.storage.stat(place)
        except StorageError as error:
            raise dav_error(error) from error
        return None if entry is None else _resource(self.view, entry, environ)


class _Stored:
    """What files and folders have in common; mixed into wsgidav's two kinds of resource."""

    view: View
    entry: Entry
    environ: Any
    provider: Any

    def get_ref_url(self) -> str:
        """What locks are kept by."""
        return self.entry.path

    def get_href(self) -> str:
        return self.view.href(self.entry.path, self.entry.folder)

    def get_display_name(self) -> str:
        return display_name(self.entry.path)

    def get_etag(self) -> str:
        return self.entry.etag

    def support_etag(self) -> bool:
        return True

    def get_creation_date(self) -> float:
        return self.entry.created

    def get_last_modified(self) -> float:
        return self.entry.modified

    def get_property_names(self, *, is_allprop: bool) -> list[str]:
        names: list[str] = super().get_property_names(is_allprop=is_allprop)  # type: ignore[misc]
        return [*names, *self.view.storage.properties(self.entry.path)]

    def get_property_value(self, name: str) -> Any:
        if name == "{DAV:}getetag":
            return entity_tag(self.entry)
        if name == "{DAV:}lockdiscovery":
            return self._lock_discovery()
        if name.startswith("{DAV:}"):
            value = super().get_property_value(name)  # type: ignore[misc]
            if value is not None:
                return value
        else:
            text = self.view.storage.properties(self.entry.path).get(name)
            if text is not None:
                return parse(text.encode())
        raise DAVError(404)

    def set_property_value(self, name: str, value: Any, *, dry_run: bool = False) -> None:
        if name.startswith("{DAV:}"):
            raise DAVError(403, err_condition=PRECONDITION_CODE_ProtectedProperty)
        text = None if value is None else _serialised(value)
        kept = {**self.view.storage.properties(self.entry.path), name: text or ""}
        if sum(map(len, kept.values())) > PROPERTIES_LIMIT:
            raise DAVError(507)
        if not dry_run:
            self.view.storage.set_properties(self.entry.path, {name: text})

    def handle_delete(self) -> bool:
        """Refuse a locked resource as one; wsgidav would name all that is in it, too."""
        self.provider.lock_manager.check_write_permission(
            url=self.entry.path,
            depth="0",
            token_list=self.environ["wsgidav.ifLockTokenList"],
            principal=self.view.owner,
        )
        return False

    def delete(self) -> None:
        self.view.storage.delete(self.entry.path)
        self.view.locks.forget(self.entry.path)

    def handle_copy(self, dest_path: str, *, depth_infinity: bool) -> bool:
        """Copy in one piece. A lock on the destination itself stays: it is the name that is locked."""
        storage, target = self.view.storage, self.view.below(segments(dest_path))
        whole = depth_infinity or not self.entry.folder
        copying = self.provider.staged or storage.copying(self.entry.path, target)
        try:
            if whole:
                # What is overwritten stays until its successor is whole.
                copying.prepare()
            if storage.stat(target) is not None:
                storage.delete(target)
                for lock in self.view.locks.below(target, self.view.now()):
                    self.view.locks.drop(lock.token)
            if whole:
                copying.commit()
            else:
                storage.make_folder(target)
                storage.set_properties(target, storage.properties(self.entry.path))
        except StorageError as error:
            raise dav_error(error) from error
        finally:
            copying.abort()
        return True

    def handle_move(self, dest_path: str) -> bool:
        """Move in one piece; locks do not move along (RFC 4918, 7.7)."""
        storage, locks, target = self.view.storage, self.view.locks, self.view.below(segments(dest_path))
        moving = self.provider.staged or storage.moving(self.entry.path, target)
        try:
            moving.prepare()
            if storage.stat(target) is not None:
                storage.delete(target)
                locks.forget(target)
            moving.commit()
        except StorageError as error:
            raise dav_error(error) from error
        finally:
            moving.abort()
        locks.forget(self.entry.path)
        return True

    def _lock_discovery(self) -> Any:
        now = self.view.now()
        discovery = etree.Element("{DAV:}lockdiscovery")
        for lock in self.view.locks.covering(self.entry.path, now):
            active = etree.SubElement(discovery, "{DAV:}activelock")
            etree.SubElement(etree.SubElement(active, "{DAV:}locktype"), "{DAV:}write")
            scope = "{DAV:}exclusive" if lock.exclusive else "{DAV:}shared"
            etree.SubElement(etree.SubElement(active, "{DAV:}lockscope"), scope)
            etree.SubElement(active, "{DAV:}depth").text = "infinity" if lock.deep else "0"
            if lock.owner:
                active.append(parse(lock.owner.encode()))
            etree.SubElement(active, "{DAV:}timeout").text = f"Second-{int(lock.expires - now)}"
            etree.SubElement(etree.SubElement(active, "{DAV:}locktoken"), "{DAV:}href").text = lock.token
            root = etree.SubElement(etree.SubElement(active, "{DAV:}lockroot"), "{DAV:}href")
            root.text = lock_root(self.view, lock)
        return discovery


class _File(_Stored, DAVNonCollection):  # type: ignore[misc]
    def __init__(self, view: View, entry: Entry, environ: Any) -> None:
        self.view, self.entry = view, entry
        super().__init__(_inner(view, entry.path, entry), environ)

    def get_content_length(self) -> int:
        return self.entry.size

    def get_content_type(self) -> str:
        return media_type(self.entry.path)

    def get_content(self) -> io.BytesIO | io.BufferedReader:
        # A storage gives the one or the other; streams are for requests.
        body = self.view.storage.read(self.entry.path)
        if isinstance(body, FileSlice):
            return os.fdopen(os.dup(body.opened().number), "rb")
        return io.BytesIO(cast(bytes, body))

    def support_ranges(self) -> bool:
        return True

    def begin_write(self, *, content_type: str | None = None) -> "_Upload":
        return _Upload(self)


class _Upload(io.BytesIO):
    """Content on its way in; it replaces the old in one piece when it is complete."""

    def __init__(self, file: _File) -> None:
        super().__init__()
        self._file = file

    def close(self) -> None:
        if not self.closed:
            self._file.entry = write(self._file.view, self._file.entry.path, self.getvalue())
        super().close()


class _Folder(_Stored, DAVCollection):  # type: ignore[misc]
    def __init__(self, view: View, entry: Entry, environ: Any) -> None:
        self.view, self.entry = view, entry
        super().__init__(_inner(view, entry.path, entry), environ)

    def get_member_names(self) -> list[str]:
        return [quote(entry.path.rpartition("/")[2], safe="") for entry in self._entries()]

    def get_descendants(
        self,
        *,
        collections: bool = True,
        resources: bool = True,
        depth_first: bool = False,
        depth: str = "infinity",
        add_self: bool = False,
    ) -> list[Any]:
        """Without recursion: a tree may be deeper than Python's stack."""
        found: list[Any] = []
        pending: list[_File | _Folder] = [self]
        while pending:
            current = pending.pop()
            found.append(current)
            if isinstance(current, _Folder) and (depth == "infinity" or (depth == "1" and current is self)):
                inside = [_resource(self.view, entry, self.environ) for entry in current._entries()]
                pending.extend(reversed(inside))
        if not add_self:
            del found[0]
        return found[::-1] if depth_first else found

    def create_empty_resource(self, name: str) -> _File:
        """A file that comes into being with its content, or with its lock, and not before."""
        path = f"{self.entry.path.rstrip('/')}/{segments(name)[0]}"
        return _File(self.view, _blank(path, folder=False), self.environ)

    def create_collection(self, name: str) -> None:
        try:
            self.view.storage.make_folder(f"{self.entry.path.rstrip('/')}/{segments(name)[0]}")
        except StorageError as error:
            raise dav_error(error) from error

    def support_recursive_delete(self) -> bool:
        return True

    def _entries(self) -> list[Entry]:
        return self.view.storage.list(self.entry.path)


def _blank(path: str, *, folder: bool) -> Entry:
    return Entry(path, folder=folder, size=0, modified=0.0, created=0.0, etag="", file_id="")


def _resource(view: View, entry: Entry, environ: Any) -> _File | _Folder:
    return _Folder(view, entry, environ) if entry.folder else _File(view, entry, environ)


def _serialised(element: Any) -> str:
    """A property's element as text, with the language it inherits (RFC 4918, 4.3)."""
    if element.get(_XML_LANG) is None:
        for outer in element.iterancestors():
            if outer.get(_XML_LANG) is not None:
                element.set(_XML_LANG, outer.get(_XML_LANG))
                break
    return str(etree.tostring(element, encoding="unicode", with_tail=False))
