"""Share Creation Notifications and their answer (draft section 7)."""

import msgspec

from meshsim.ocm.address import OcmAddress

EXCHANGE = "must-exchange-token"
MFA = "must-use-mfa"
READ, WRITE, SHARE, VIEW = "read", "write", "share", "view"


class Webdav(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """How to reach the resource over WebDAV."""

    uri: str
    shared_secret: str
    permissions: tuple[str, ...] | None = None
    requirements: tuple[str, ...] | None = None
    access_types: tuple[str, ...] | None = None
    size: int | None = None


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


class Ssh(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """How to reach the resource by ssh: user@host:port/path."""

    uri: str
    access_types: tuple[str, ...] | None = None


class Protocol(msgspec.Struct, frozen=True, omit_defaults=True):
    """The access ways a share offers. `options` is the deprecated form of 1.0."""

    name: str | None = None
    webdav: Webdav | None = None
    webapp: Webapp | None = None
    ssh: Ssh | None = None
    options: dict[str, object] | None = None


class ShareCreation(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The body of POST {endPoint}/shares. Addresses are parsed by `parties`."""

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

    @property
    def recipient_address(self) -> OcmAddress:
        return OcmAddress.parse(self.share_with)

    @property
    def owner_address(self) -> OcmAddress:
        return OcmAddress.parse(self.owner)

    @property
    def sender_address(self) -> OcmAddress:
        return OcmAddress.parse(self.sender)


class ShareAnswer(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The 201 answer to a share."""

    recipient_display_name: str | None = None
    recipient_public_keys: tuple[str, ...] | None = None
