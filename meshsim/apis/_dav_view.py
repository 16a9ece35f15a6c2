"""What one WebDAV request may see of a site's files, and how URLs and storage paths meet there."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

import msgspec

from meshsim import storage
from meshsim.apis._dav_locks import Lock, LockTable
from meshsim.site.ports import Aside
from meshsim.storage import Storage
from meshsim.wire import Target, split

STATUS = {
    storage.MISSING: 404,
    storage.EXISTS: 405,
    storage.NO_PARENT: 409,
    storage.IS_FOLDER: 405,
    storage.NOT_FOLDER: 409,
    storage.BAD_PATH: 400,
    storage.FULL: 507,
    storage.TOO_LARGE: 413,
}
"""What a failure of storage means to the client."""

_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
# Neither XML nor a header can carry these, and no honest name has them.
_UNNAMEABLE = re.compile(r"[\x00-\x1f\x7f/\ufffe\uffff]")
_DEFAULT_PORTS = {"http": "80", "https": "443"}


class Refusal(Exception):
    """The request is not carried out; `condition` is a precondition of RFC 4918, section 16."""

    def __init__(
        self,
        status: int,
        condition: str = "",
        hrefs: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {condition}".rstrip())
        self.status = status
        self.condition = condition
        self.hrefs = hrefs
        self.headers = headers or {}


class View(msgspec.Struct, frozen=True, gc=False):
    """One file or folder of a site, shown under a URL path to one principal.

    `root` is its storage path, `mount` the percent-encoded URL path without a slash at the end.
    `permissions` are some of "read", "write" and "share". `now` gives seconds since the Unix epoch,
    `token` unguessable text for lock tokens; `locks` belongs to the site, `owner` names the principal.
    What takes long is done `aside`, if that is given, while others are served.
    """

    storage: Storage
    root: str
    mount: str
    permissions: frozenset[str]
    now: Callable[[], float]
    token: Callable[[], str]
    locks: LockTable
    owner: str
    aside: Aside | None = None

    def locate(self, url_path: str) -> str | None:
        """The storage path a URL path names, None outside the mount; Refusal(400) if it names nothing."""
        if url_path == self.mount:
            return self.root
        found = segments(url_path)
        mount = segments(self.mount)
        if found[: len(mount)] != mount:
            return None
        return self.below(found[len(mount) :])

    def below(self, names: Sequence[str]) -> str:
        """The storage path of something in the view, by its decoded names."""
        if not names:
            return self.root
        return f"{self.root.rstrip('/')}/{'/'.join(names)}"

    def relative(self, path: str) -> str | None:
        """A storage path as seen from the root: "" for the root, "/a/b" below it, None elsewhere."""
        base = self.root.rstrip("/")
        if path == self.root:
            return ""
        return path[len(base) :] if path.startswith(base + "/") else None

    def href(self, path: str, folder: bool) -> str:
        """The URL path of what is at a storage path; for something outside the view, that of its root."""
        href = self.mount + quoted(self.relative(path) or "")
        return href + "/" if folder else href

    def resolve(self, reference: str, base: Target) -> str:
        """The storage path an absolute URL or absolute path names, as in Destination and If.

        Refusal: 400 if it is neither, 403 for another host or outside the mount. RFC 4918 (9.8.5, 9.9.4) lets
        it be 502, too; but nothing failed, and nobody was asked.
        Compared with the host the client called; http and https may differ behind a TLS proxy.
        """
        if "?" in reference or "#" in reference:
            raise Refusal(400)
        if reference.startswith("/"):
            url_path = reference
        else:
            target = split(reference)
            if target.scheme.lower() not in _DEFAULT_PORTS or not target.authority:
                raise Refusal(400)
            if _host(target) != _host(base):
                raise Refusal(403)
            url_path = target.path
        path = self.locate(url_path)
        if path is None:
            raise Refusal(403)
        return path


def lock_root(view: View, lock: Lock) -> str:
    """Where a lock is rooted, as this view may know it."""
    found = view.storage.stat(lock.path)
    return view.href(lock.path, found is not None and found.folder)


@lru_cache(4096)
def segments(url_path: str) -> tuple[str, ...]:
    """The decoded names in a URL path, decoded once; an empty segment ("//") says nothing.

    Refusal(400) for "." and "..", an encoded slash, control characters, and what is not UTF-8.
    """
    names = []
    for segment in url_path.split("/"):
        if not segment:
            continue
        if _BROKEN_ESCAPE.search(segment):
            raise Refusal(400)
        try:
            name = unquote_to_bytes(segment).decode()
        except UnicodeError as error:
            raise Refusal(400) from error
        if name in (".", "..") or _UNNAMEABLE.search(name):
            raise Refusal(400)
        names.append(name)
    return tuple(names)


@lru_cache(4096)
def quoted(path: str) -> str:
    """A path for use in a URL and in XML text."""
    return quote(path, safe="/!*'(),$~", errors="replace")


def _host(target: Target) -> tuple[str, str]:
    """Host and port in one form; the port is "" if it is the scheme's own."""
    host, colon, port = target.authority.lower().rpartition(":")
    if not colon or port.endswith("]"):
        host, port = target.authority.lower(), ""
    return host, "" if port == _DEFAULT_PORTS.get(target.scheme.lower()) else port
