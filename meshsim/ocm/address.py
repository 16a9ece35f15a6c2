"""OCM Addresses and the host names in them (draft section 2)."""

import msgspec


class OcmAddress(msgspec.Struct, frozen=True):
    """identifier@host[:port]. The identifier is opaque and may itself contain "@"."""

    user: str
    host: str
    """Lower case, with its port if it is not 443; an IPv6 literal keeps its brackets."""

    def __str__(self) -> str:
        return f"{self.user}@{self.host}"

    @classmethod
    def parse(cls, text: str) -> "OcmAddress":
        """Raises OcmError with the reason."""
        raise NotImplementedError


def parse_host(text: str) -> str:
    """A bare host[:port] (FQDN fields such as senderDomain), normalised; OcmError with the reason."""
    raise NotImplementedError
