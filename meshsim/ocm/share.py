"""Share Creation Notifications and their answer (draft section 7)."""

import re
from collections.abc import Iterator
from typing import ClassVar

import msgspec

from meshsim.ocm import text
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.document import Check
from meshsim.ocm.errors import Problem

EXCHANGE = "must-exchange-token"
MFA = "must-use-mfa"
READ, WRITE, SHARE, VIEW = "read", "write", "share", "view"

PERMISSIONS = (READ, WRITE, SHARE)
APP_PERMISSIONS = (VIEW, READ, WRITE, SHARE)
REQUIREMENTS = (EXCHANGE, MFA)
ACCESS_TYPES = ("remote", "datatx")
TARGETS = ("blank", "iframe")

_SSH = re.compile(r"[^@:/\s]+@(?P<host>\[[^\]]+\]|[^@:/\s]+):(?P<port>[0-9]{1,5})/[^\x00-\x1f\x7f]*")


def _webdav_uri(value: str) -> str | None:
    if "://" in value:
        return text.url(value)
    parts = value.strip("/").split("/")
    if any(part in ("", ".", "..") for part in parts) or value.startswith("//") or "\\" in value:
        return "must be an identifier, or an absolute URL"
    return text.identifier(value)


def _ssh_uri(value: str) -> str | None:
    match = _SSH.fullmatch(value)
    if match is None or len(value) > text.LONGEST_URL:
        return "must be user@host:port/path"
    return text.host(f"{match['host']}:{match['port']}")


class Webdav(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """How to reach the resource over WebDAV."""

    uri: str
    shared_secret: str
    permissions: tuple[str, ...] | None = None
    requirements: tuple[str, ...] | None = None
    access_types: tuple[str, ...] | None = None
    size: int | None = None

    CHECKS: ClassVar[dict[str, Check]] = {
        "uri": _webdav_uri,
        "shared_secret": text.secret,
        "permissions": text.some_of(PERMISSIONS),
        "requirements": text.some_of(REQUIREMENTS),
        "access_types": text.some_of(ACCESS_TYPES),
        "size": text.not_negative,
    }


class Webapp(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """How to open the resource in a web application of the sender."""

    uri: str
    targets: tuple[str, ...]
    permissions: tuple[str, ...]
    requirements: tuple[str, ...]
    shared_secret: str
    app_name: str | None = None
    app_icon_hint: str | None = None
    media_types: tuple[str, ...] | None = None

    CHECKS: ClassVar[dict[str, Check]] = {
        "uri": text.url,
        "targets": text.some_of(TARGETS),
        "permissions": text.some_of(APP_PERMISSIONS),
        "requirements": text.some_of(REQUIREMENTS),
        "shared_secret": text.secret,
        "app_name": text.label,
        "app_icon_hint": text.label,
    }

    def faults(self) -> Iterator[Problem]:
        """A web application is only ever opened with an exchanged token (OCM-SHARE-085)."""
        if self.requirements and EXCHANGE not in self.requirements:
            yield Problem("requirements", f"must contain {EXCHANGE}")


class Ssh(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """How to reach the resource by ssh: user@host:port/path."""

    uri: str
    access_types: tuple[str, ...] | None = None

    CHECKS: ClassVar[dict[str, Check]] = {"uri": _ssh_uri, "access_types": text.some_of(ACCESS_TYPES)}


class Protocol(msgspec.Struct, frozen=True, omit_defaults=True):
    """The access ways a share offers. `options` is the deprecated form of 1.0."""

    name: str | None = None
    webdav: Webdav | None = None
    webapp: Webapp | None = None
    ssh: Ssh | None = None
    options: dict[str, object] | None = None

    CHECKS: ClassVar[dict[str, Check]] = {"name": text.identifier}

    def faults(self) -> Iterator[Problem]:
        """Which member goes with which name (OCM-SHARE-051 to 053), and that requirements agree (089)."""
        members = {"webdav": self.webdav, "webapp": self.webapp, "ssh": self.ssh}
        given = [name for name, member in members.items() if member is not None]
        if self.name in members and self.name not in given and not (self.name == "webdav" and self.options):
            yield Problem(self.name, f"is missing, although name is {self.name}")
        elif self.name in members and len(given) > 1:
            yield Problem("name", "must be multi where there are several protocols")
        elif not given and self.name in (None, "multi"):
            yield Problem("name", "multi needs a member for at least one known protocol: webdav, webapp, ssh")
        if self.webdav is None and self.name == "webdav" and self.options:
            secret = self.options.get("sharedSecret")
            if not isinstance(secret, str):
                yield Problem("options.sharedSecret", "must be a string, if there is no webdav.sharedSecret")
            elif (reason := text.secret(secret)) is not None:
                yield Problem("options.sharedSecret", reason)
        if self.webdav and self.webapp:
            dav, app = self.webdav.requirements or (), self.webapp.requirements
            if set(dav) != set(app):
                yield Problem("webapp.requirements", "must be those of webdav")


class ShareCreation(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The body of POST {endPoint}/shares."""

    share_with: str
    name: str
    provider_id: str
    owner: str
    sender: str
    share_type: str
    resource_type: str
    protocol: Protocol
    description: str | None = None
    owner_display_name: str | None = None
    sender_display_name: str | None = None
    expiration: int | None = None
    encryption: dict[str, object] | None = None

    CHECKS: ClassVar[dict[str, Check]] = {
        "share_with": text.address,
        "name": text.identifier,
        "provider_id": text.identifier,
        "owner": text.address,
        "sender": text.address,
        "share_type": text.identifier,
        "resource_type": text.identifier,
        "owner_display_name": text.label,
        "sender_display_name": text.label,
        "expiration": text.not_negative,
    }

    def faults(self) -> Iterator[Problem]:
        """`encryption` has a member named by its scheme (OCM-SHARE-041 to 045)."""
        if self.encryption is None:
            return
        scheme = self.encryption.get("scheme")
        if not isinstance(self.encryption.get("resourceId"), str):
            yield Problem("encryption.resourceId", "must be a string")
        if not isinstance(scheme, str):
            yield Problem("encryption.scheme", "must be a string")
            return
        detail = self.encryption.get(scheme)
        name = f"encryption.{scheme[:50]}"
        if not isinstance(detail, dict):
            yield Problem(name, "must be an object")
        # The draft spells OpenPGP both ways, and OCM-MLS has both too (wire.md section 8, 31).
        elif scheme in ("ocm-pgp", "ocm-gpg"):
            prints = detail.get("fingerprints")
            if not isinstance(prints, list) or not prints or not all(isinstance(p, str) for p in prints):
                yield Problem(f"{name}.fingerprints", "must be a list of strings")
        elif scheme in ("ocm-mls", "ocm-mls-1") and not isinstance(detail.get("cipher"), str):
            yield Problem(f"{name}.cipher", "must be a string")

    @property
    def recipient_address(self) -> OcmAddress:
        """Who is to have the share."""
        return OcmAddress.parse(self.share_with)

    @property
    def owner_address(self) -> OcmAddress:
        """Whose resource it is."""
        return OcmAddress.parse(self.owner)

    @property
    def sender_address(self) -> OcmAddress:
        """Who shares it."""
        return OcmAddress.parse(self.sender)


class ShareAnswer(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The 201 answer to a share."""

    recipient_display_name: str | None = None
    recipient_public_keys: tuple[str, ...] | None = None
