"""One request between two servers, with its answer, as raw JSON and raw headers.

It never fails on what somebody else wrote: a member that is not what it should be is like none at all.
"""

import base64
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs

from conformance import catalogue
from conformance.peer import parse
from conformance.record import Seen, body
from conformance.signing import read

KINDS = {"/shares": "share", "/notifications": "notification", "/invite-accepted": "acceptance"}
DAV = ("PROPFIND", "PUT", "MKCOL", "MOVE", "COPY", "DELETE", "LOCK")


class Message:
    """`kind` is share, notification, acceptance, token, dav, fetch (discovery and keys), or other."""

    def __init__(self, seen: Seen, documents: Mapping[str, Any], shared: Mapping[str, str] = {}) -> None:
        self.seen = seen
        self.request = seen.request
        self.documents = documents
        """Discovery documents that were seen before, by host."""
        self.shared = shared
        """Secrets of shares that were seen before, and which host was given each."""
        self.source = seen.source
        self.target = seen.request.target.authority or seen.target

    @cached_property
    def kind(self) -> str:
        """What it is, by path and form."""
        request = self.request
        if request.method == "POST":
            if b"grant_type" in body(request):
                return "token"
            return next((kind for end, kind in KINDS.items() if request.target.path.endswith(end)), "other")
        if request.method in DAV:
            return "dav"
        if request.method == "GET":
            return "dav" if "authorization" in request.headers else "fetch"
        return "other"

    @property
    def media_type(self) -> str:
        """Content-Type without parameters."""
        return self.request.headers.get("content-type", "").partition(";")[0].strip().lower()

    @cached_property
    def document(self) -> dict[str, Any]:
        """The JSON object of the request; {} if there is none."""
        return _object(parse(body(self.request)))

    @cached_property
    def form(self) -> dict[str, str]:
        """The fields of a form."""
        found = parse_qs(body(self.request).decode(errors="replace"), keep_blank_values=True)
        return {name: values[0] for name, values in found.items()}

    @cached_property
    def protocols(self) -> dict[str, Any]:
        """The members of `protocol` that name one, and what is said of each."""
        found = _object(self.document.get("protocol"))
        return {name: value for name, value in found.items() if name not in ("name", "options")}

    @cached_property
    def webdav(self) -> dict[str, Any] | None:
        """protocol.webdav; None if there is none."""
        return _object(self.protocols["webdav"]) if "webdav" in self.protocols else None

    @cached_property
    def webapp(self) -> dict[str, Any] | None:
        """protocol.webapp; None if there is none."""
        return _object(self.protocols["webapp"]) if "webapp" in self.protocols else None

    @property
    def secrets(self) -> set[str]:
        """The shared secrets that a share gives out."""
        found = (_object(value).get("sharedSecret") for value in self.protocols.values())
        return {value for value in found if isinstance(value, str)}

    @property
    def credential(self) -> str:
        """What the request shows of itself: its bearer token, or the user of Basic (draft section 9)."""
        scheme, _, value = self.request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return value.strip()
        try:
            return base64.b64decode(value).decode(errors="replace").partition(":")[0]
        except ValueError:
            return ""

    @cached_property
    def signature(self) -> dict[str, Any]:
        """What is known of the signature: as noted when the keys were at hand, or only what can be read."""
        return self.seen.facts.get("signature") or read(self.request.headers)

    @property
    def mine(self) -> dict[str, Any]:
        """The discovery document of who speaks; {} if it was not seen."""
        return _object(self.documents.get(self.source))

    @property
    def theirs(self) -> dict[str, Any]:
        """The discovery document of who is spoken to."""
        return _object(self.documents.get(self.target))

    @property
    def version(self) -> tuple[int, int]:
        """The older of the two: newer words would not be understood."""
        return min(catalogue.claimed(self.mine), catalogue.claimed(self.theirs))

    def inside(self, path: str) -> Any:
        """A member of a member; None where there is none."""
        found: Any = self.document
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        return found

    @property
    def type(self) -> str:
        """notificationType."""
        return str(self.document.get("notificationType"))


def words(holder: Mapping[str, Any] | None, name: str) -> set[str]:
    """The texts of a list; empty if there is none."""
    found = (holder or {}).get(name)
    return {value for value in found if isinstance(value, str)} if isinstance(found, list) else set()


def types(document: Mapping[str, Any]) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Each resource type of a discovery document: its name and its protocols."""
    found = document.get("resourceTypes")
    for entry in found if isinstance(found, list) else ():
        if isinstance(entry, dict):
            yield entry.get("name"), _object(entry.get("protocols"))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
