"""Discovery documents: what a server says of itself (draft section 3; wire form in `Discovery`)."""

from collections.abc import Iterator
from typing import ClassVar
from urllib.parse import quote, unquote

import msgspec

from meshsim.ocm import text
from meshsim.ocm.document import Check
from meshsim.ocm.errors import OcmError, Problem

WELL_KNOWN = "/.well-known/ocm"
LEGACY_PATH = "/ocm-provider"


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

    def faults(self) -> Iterator[Problem]:
        """Entries of known protocols are as the draft has them; unknown ones are ignored (OCM-DISC-061)."""
        if "user" not in self.share_types:
            yield Problem("shareTypes", "must contain user")
        prefix = self.protocols.get("webdav")
        if prefix is not None and not (isinstance(prefix, str) and _is_path(prefix)):
            yield Problem("protocols.webdav", "must be a path")
        for name, value in self.protocols.items():
            if name.endswith("-receive") and not isinstance(value, dict):
                yield Problem(f"protocols.{name[:50]}", "must be an object")
        receive = self.protocols.get("webdav-receive")
        if isinstance(receive, dict) and receive.get("uri") not in ("absolute", "relative"):
            yield Problem("protocols.webdav-receive.uri", "must be absolute or relative")
        receive = self.protocols.get("webapp-receive")
        if isinstance(receive, dict):
            targets = receive.get("targets")
            if not isinstance(targets, list) or not targets or set(map(str, targets)) - {"blank", "iframe"}:
                yield Problem("protocols.webapp-receive.targets", "must be some of blank, iframe")


def _is_path(prefix: str) -> bool:
    return bool(prefix) and "//" not in prefix and ".." not in prefix and not set(prefix) & set("?#\\ \0\r\n")


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
        "end_point": text.url,
        "provider": text.label,
        "jwks_uri": text.url,
        "token_end_point": text.url,
    }

    def faults(self) -> Iterator[Problem]:
        """What must go together."""
        names = [resource.name for resource in self.resource_types]
        if not names and self.enabled:
            yield Problem("resourceTypes", "must not be empty")
        if len(set(names)) < len(names):
            yield Problem("resourceTypes", "must not have two entries of one name")
        if self.can("http-sig") and self.jwks_uri is None:
            yield Problem("jwksUri", "is missing, although http-sig is a capability")
        if self.can("exchange-token") and self.token_end_point is None:
            yield Problem("tokenEndPoint", "is missing, although exchange-token is a capability")
        if self.demands("must-exchange-token") and not self.can("exchange-token"):
            yield Problem("criteria", "must-exchange-token needs the capability exchange-token")

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

        The draft takes the first entry whatever the type (wire.md section 8, ambiguity 1); servers
        take the one that matches. Where both are there they agree, in our mesh always.
        """
        matching = self.resource(resource_type)
        for resource in (matching, *self.resource_types):
            prefix = resource and resource.protocols.get("webdav")
            if isinstance(prefix, str):
                return prefix
        return None

    def receives(self, resource_type: str, protocol: str) -> Receive | None:
        """The `<protocol>-receive` entry, or None if there is none."""
        resource = self.resource(resource_type)
        entry = resource and resource.protocols.get(f"{protocol}-receive")
        return msgspec.convert(entry, Receive) if isinstance(entry, dict) else None

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
        receives = any(name.endswith("-receive") for r in self.resource_types for name in r.protocols)
        return protocol in resource.protocols and not receives


def resource_url(base: str, prefix: str, uri: str) -> str:
    """Where a shared resource is (wire.md section 5, 2): `uri` if it is absolute, else below the prefix.

    `base` is scheme and host of the sender. OcmError for an identifier that would lead elsewhere.
    """
    if "://" in uri:
        if (reason := text.url(uri)) is not None:
            raise OcmError(f"webdav.uri {reason}")
        return uri
    inside = uri.strip("/")
    if any(unquote(part) in ("", ".", "..") or "\\" in part for part in inside.split("/")):
        raise OcmError("webdav.uri is not an identifier below the WebDAV path")
    return f"{base}/{prefix.strip('/')}/{quote(unquote(inside), safe='/:@!$&()*+,;=~')}"
