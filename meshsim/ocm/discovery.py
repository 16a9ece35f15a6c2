"""Discovery documents: what a server says of itself (draft section 3; wire form in `Discovery`)."""

import re
from collections.abc import Iterator
from typing import ClassVar
from urllib.parse import quote

import msgspec

from meshsim.ocm import text
from meshsim.ocm.document import Check, Rule
from meshsim.ocm.errors import OcmError, Problem
from meshsim.ocm.share import NAMES, TARGETS

WELL_KNOWN = "/.well-known/ocm"
LEGACY_PATH = "/ocm-provider"

_PLAIN = re.compile(r"[\w~-]{1,256}", re.ASCII)
"""Identifiers that mean the same wherever they are put."""
_STRAY = re.compile("%(?![0-9A-Fa-f]{2})")


class Receive(msgspec.Struct, frozen=True, omit_defaults=True):
    """A `<protocol>-receive` entry."""

    uri: str | None = None
    targets: tuple[str, ...] | None = None


class ResourceType(msgspec.Struct, frozen=True, rename="camel"):
    """What is offered for one type of resource. `protocols` keeps unknown entries as they came."""

    name: str
    share_types: tuple[str, ...]
    protocols: dict[str, object]

    CHECKS: ClassVar[dict[str, Check]] = {"name": text.identifier}

    def _share_type_faults(self) -> Iterator[Problem]:
        if "user" not in self.share_types:
            yield Problem("shareTypes", "must contain user")

    def _protocol_faults(self) -> Iterator[Problem]:
        """Entries of known protocols are as the draft has them; unknown ones are ignored (OCM-DISC-061)."""
        offered = self.protocols
        if "webdav" in offered and not _is_prefix(offered["webdav"]):
            yield Problem("protocols.webdav", "must be a path")
        if "webapp" in offered and not isinstance(offered["webapp"], (dict, str)):
            yield Problem("protocols.webapp", "must be an object")  # or the path it was until 1.3
        if "ssh" in offered and not _is_endpoint(offered["ssh"]):
            yield Problem("protocols.ssh", "must be host:port")
        for name in NAMES:
            if f"{name}-receive" in offered and not isinstance(offered[f"{name}-receive"], dict):
                yield Problem(f"protocols.{name}-receive", "must be an object")
        receive = offered.get("webdav-receive")
        if isinstance(receive, dict) and receive.get("uri") not in ("absolute", "relative"):
            yield Problem("protocols.webdav-receive.uri", "must be absolute or relative")
        receive = offered.get("webapp-receive")
        if isinstance(receive, dict):
            targets = receive.get("targets")
            if not isinstance(targets, list) or not targets or any(t not in TARGETS for t in targets):
                yield Problem("protocols.webapp-receive.targets", f"must be some of {', '.join(TARGETS)}")

    def _file_faults(self) -> Iterator[Problem]:
        offered = self.protocols
        if self.name == "file" and "webdav" not in offered and "webdav-receive" not in offered:
            yield Problem("protocols.webdav", "is missing, although files are offered")

    RULES: ClassVar[tuple[Rule, ...]] = (_share_type_faults, _protocol_faults, _file_faults)


def _is_prefix(value: object) -> bool:
    if not isinstance(value, str) or "//" in value or "?" in value:
        return False
    return text.path("/" + value.removeprefix("/")) is None and (value == "/" or text.below(value) is None)


def _is_endpoint(value: object) -> bool:
    return isinstance(value, str) and ":" in value and text.host(value) is None


def _end_point(value: str) -> str | None:
    return "must not have a query" if "?" in value else text.url(value)


def _dialog(value: str) -> str | None:
    return text.path(value) if value.startswith("/") else text.url(value)


class Discovery(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The document at /.well-known/ocm."""

    enabled: bool
    api_version: str
    end_point: str
    resource_types: tuple[ResourceType, ...]
    provider: str | None = None
    capabilities: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()
    invite_accept_dialog: str | None = None
    jwks_uri: str | None = None
    token_end_point: str | None = None

    CHECKS: ClassVar[dict[str, Check]] = {
        "api_version": text.identifier,
        "end_point": _end_point,
        "provider": text.label,
        "invite_accept_dialog": _dialog,
        "jwks_uri": text.url,
        "token_end_point": text.url,
    }

    def _key_faults(self) -> Iterator[Problem]:
        if self.can("http-sig") and self.jwks_uri is None:
            yield Problem("jwksUri", "is missing, although http-sig is a capability")

    def _token_faults(self) -> Iterator[Problem]:
        if self.can("exchange-token") and self.token_end_point is None:
            yield Problem("tokenEndPoint", "is missing, although exchange-token is a capability")

    def _criteria_faults(self) -> Iterator[Problem]:
        if self.demands("must-exchange-token") and not self.can("exchange-token"):
            yield Problem("criteria", "must-exchange-token needs the capability exchange-token")

    def _type_faults(self) -> Iterator[Problem]:
        names = [resource.name for resource in self.resource_types]
        if not names and self.enabled:
            yield Problem("resourceTypes", "must not be empty")
        if len(set(names)) < len(names):
            yield Problem("resourceTypes", "must not have two entries of one name")

    RULES: ClassVar[tuple[Rule, ...]] = (_key_faults, _token_faults, _criteria_faults, _type_faults)

    @property
    def plaintext(self) -> tuple[str, ...]:
        """The members that name a URL without TLS, which is for tests only (OCM-DISC-057, 059)."""
        urls = {
            "endPoint": self.end_point,
            "inviteAcceptDialog": self.invite_accept_dialog,
            "jwksUri": self.jwks_uri,
            "tokenEndPoint": self.token_end_point,
        }
        return tuple(name for name, url in urls.items() if url is not None and url.startswith("http://"))

    def can(self, capability: str) -> bool:
        """Whether the server lists that capability."""
        return capability in self.capabilities

    def demands(self, criterion: str) -> bool:
        """Whether the server lists that criterion."""
        return criterion in self.criteria

    def resource(self, name: str) -> ResourceType | None:
        """The entry of that name."""
        for resource in self.resource_types:
            if resource.name == name:
                return resource
        return None

    def webdav_prefix(self, resource_type: str) -> str | None:
        """The WebDAV path to put before relative identifiers.

        That of the first entry, whatever the type (OCM-ACC-002). Where the first has none, the one that
        matches: servers take that, and where both are there they agree (wire.md section 8, 1).
        """
        matching = self.resource(resource_type)
        for resource in (*self.resource_types[:1], matching, *self.resource_types):
            prefix = resource and resource.protocols.get("webdav")
            if isinstance(prefix, str):
                return prefix
        return None

    def receives(self, resource_type: str, protocol: str) -> Receive | None:
        """The `<protocol>-receive` entry, or None if there is none."""
        resource = self.resource(resource_type)
        entry = resource and resource.protocols.get(f"{protocol}-receive")
        if not isinstance(entry, dict):
            return None
        uri, targets = entry.get("uri"), entry.get("targets")
        return Receive(
            uri if isinstance(uri, str) else None,
            tuple(map(str, targets)) if isinstance(targets, list) else None,
        )

    def accepts(self, resource_type: str, share_type: str, protocol: str) -> bool:
        """Whether such a share may be sent to this server; file/user/webdav always (OCM-SHARE-012)."""
        if (resource_type, share_type, protocol) == ("file", "user", "webdav"):
            return True
        resource = self.resource(resource_type)
        if resource is None or share_type not in resource.share_types:
            return False
        if f"{protocol}-receive" in resource.protocols:
            return True
        # Servers older than 1.4 have no such entries (OCM-DISC-026).
        receives = any(f"{name}-receive" in r.protocols for r in self.resource_types for name in NAMES)
        return protocol in resource.protocols and not receives


def resource_url(base: str, prefix: str, uri: str) -> str:
    """Where a shared resource is (wire.md section 5, 2): `uri` if it is absolute, else below the prefix.

    `base` is scheme and host of the sender. What is percent-encoded already stays so. OcmError for an
    identifier that would lead elsewhere.
    """
    if _PLAIN.fullmatch(uri):
        inner = prefix.strip("/")
        return f"{base}/{inner}/{uri}" if inner else f"{base}/{uri}"
    absolute = "://" in uri
    reason = text.url(uri) if absolute else text.below(uri)
    if reason is not None:
        raise OcmError(f"webdav.uri {reason}")
    if absolute:
        return uri
    inside = quote(_STRAY.sub("%25", uri.strip("/")), safe="%/:@!$&'()*+,;=~")
    return "/".join(part for part in (base, prefix.strip("/"), inside) if part)
