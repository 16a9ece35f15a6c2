"""Share Creation Notifications and their answer (draft section 7)."""

import re
from collections.abc import Iterator
from typing import ClassVar

import msgspec

from meshsim.ocm import text
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.document import Check, Rule
from meshsim.ocm.errors import Problem

EXCHANGE = "must-exchange-token"
MFA = "must-use-mfa"
READ, WRITE, SHARE, VIEW = "read", "write", "share", "view"

PERMISSIONS = (READ, WRITE, SHARE)
APP_PERMISSIONS = (VIEW, READ, WRITE, SHARE)
REQUIREMENTS = (EXCHANGE, MFA)
ACCESS_TYPES = ("remote", "datatx")
TARGETS = ("blank", "iframe")
NAMES = ("webdav", "webapp", "ssh")

# A user that begins with "-" would be an option to ssh.
_SSH = re.compile(r"[^@:/\s-][^@:/\s]*@(?P<host>(?:\[[^\]]+\]|[^@:/\s]+):[0-9]+)/.*", re.DOTALL)


def _webdav_uri(value: str) -> str | None:
    return text.url(value) if "://" in value else text.below(value)


def _ssh_uri(value: str) -> str | None:
    match = _SSH.fullmatch(value)
    if match is None:
        return "must be user@host:port/path"
    return text.label(value) or text.host(match["host"])


def _media_types(values: tuple[str, ...]) -> str | None:
    if not values:
        return "must not be empty"
    return next((reason for value in values if (reason := text.identifier(value))), None)


_requirements = text.some_of(REQUIREMENTS)


def _app_requirements(values: tuple[str, ...]) -> str | None:
    """A web application is only ever opened with an exchanged token (OCM-SHARE-085)."""
    return _requirements(values) or (None if EXCHANGE in values else f"must contain {EXCHANGE}")


class Webdav(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, gc=False):
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
        "requirements": _requirements,
        "access_types": text.some_of(ACCESS_TYPES),
        "size": text.not_negative,
    }


class Webapp(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, gc=False):
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
        "requirements": _app_requirements,
        "shared_secret": text.secret,
        "app_name": text.label,
        "app_icon_hint": text.label,
        "media_types": _media_types,
    }


class Ssh(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, gc=False):
    """How to reach the resource by ssh: user@host:port/path."""

    uri: str
    access_types: tuple[str, ...] | None = None

    CHECKS: ClassVar[dict[str, Check]] = {"uri": _ssh_uri, "access_types": text.some_of(ACCESS_TYPES)}


class Protocol(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The access ways a share offers. `options` is the deprecated form of 1.0."""

    name: str | None = None
    webdav: Webdav | None = None
    webapp: Webapp | None = None
    ssh: Ssh | None = None
    options: dict[str, object] | None = None

    CHECKS: ClassVar[dict[str, Check]] = {"name": text.identifier}

    def _requirement_faults(self) -> Iterator[Problem]:
        """All protocols of a share demand the same (OCM-SHARE-089)."""
        webdav, webapp = self.webdav, self.webapp
        if webdav and webapp and set(webdav.requirements or ()) != set(webapp.requirements):
            yield Problem("webapp.requirements", "must be those of webdav")

    def _name_faults(self) -> Iterator[Problem]:
        """Which member goes with which name (OCM-SHARE-051 to 053)."""
        webdav, webapp, ssh = self.webdav, self.webapp, self.ssh
        if webdav is None and self.name == "webdav" and self.options is not None:
            yield from self._legacy_faults(self.options)
        elif self.name in NAMES and getattr(self, self.name) is None:
            yield Problem(self.name, f"is missing, although name is {self.name}")
        elif self.name in ("multi", None) and webdav is None and webapp is None and ssh is None:
            yield Problem("webdav", "is missing, and so are webapp and ssh: multi needs one of them")
        if self.name in NAMES and (webdav is not None) + (webapp is not None) + (ssh is not None) > 1:
            yield Problem("name", "must be multi where there are several protocols")

    def _legacy_faults(self, options: dict[str, object]) -> Iterator[Problem]:
        secret = options.get("sharedSecret")
        if not isinstance(secret, str):
            yield Problem("options.sharedSecret", "must be a string where there is no webdav.sharedSecret")
        elif (reason := text.secret(secret)) is not None:
            yield Problem("options.sharedSecret", reason)

    RULES: ClassVar[tuple[Rule, ...]] = (_requirement_faults, _name_faults)


class ShareCreation(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, gc=False):
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
        "description": text.prose,
        "owner_display_name": text.label,
        "sender_display_name": text.label,
        "expiration": text.not_negative,
    }

    def _encryption_faults(self) -> Iterator[Problem]:
        """`encryption` has a member named by its scheme (OCM-SHARE-041 to 045)."""
        if self.encryption is None:
            return
        scheme, resource = self.encryption.get("scheme"), self.encryption.get("resourceId")
        if not isinstance(resource, str) or text.identifier(resource):
            yield Problem("encryption.resourceId", "must be an identifier")
        if not isinstance(scheme, str) or text.identifier(scheme):
            yield Problem("encryption.scheme", "must be an identifier")
            return
        detail = self.encryption.get(scheme)
        name = f"encryption.{scheme[:50]}"
        if not isinstance(detail, dict):
            yield Problem(name, "must be an object")
        # The draft spells OpenPGP both ways, and OCM-MLS has both too (wire.md section 8, 31).
        elif scheme in ("ocm-pgp", "ocm-gpg"):
            prints = detail.get("fingerprints")
            if (
                not isinstance(prints, list)
                or not prints
                or not all(p and isinstance(p, str) for p in prints)
            ):
                yield Problem(f"{name}.fingerprints", "must be a list of strings")
        elif scheme in ("ocm-mls", "ocm-mls-1") and not isinstance(detail.get("cipher"), str):
            yield Problem(f"{name}.cipher", "must be a string")

    RULES: ClassVar[tuple[Rule, ...]] = (_encryption_faults,)

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


class ShareAnswer(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, gc=False):
    """The 201 answer to a share."""

    recipient_display_name: str | None = None
    recipient_public_keys: tuple[str, ...] | None = None
