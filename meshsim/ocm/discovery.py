"""Discovery documents: what a server says of itself (draft section 3; wire form in `Discovery`)."""

import msgspec

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

    def can(self, capability: str) -> bool:
        """Whether the server lists that capability."""
        return capability in self.capabilities

    def demands(self, criterion: str) -> bool:
        """Whether the server lists that criterion."""
        return criterion in self.criteria

    def webdav_prefix(self, resource_type: str) -> str | None:
        """The WebDAV path to put before relative identifiers (wire.md section 8, ambiguity 1)."""
        raise NotImplementedError

    def accepts(self, resource_type: str, share_type: str, protocol: str) -> bool:
        """Whether such a share may be sent to this server; file/user/webdav always (OCM-SHARE-012)."""
        raise NotImplementedError
