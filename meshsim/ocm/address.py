"""OCM Addresses and the host names in them (draft section 2)."""

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address

import msgspec

from meshsim.ocm.errors import OcmError

LONGEST_USER = 1024
"""Characters; the draft sets no bound, but a reader needs one."""

LONGEST_HOST = 253
"""Characters of a name in the DNS."""

DEFAULT_PORT = 443

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters, and halves of characters that UTF-8 cannot carry."""

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORT = re.compile(r"[0-9]{1,5}")


class OcmAddress(msgspec.Struct, frozen=True, gc=False):
    """identifier@host[:port]. The identifier is opaque and may itself contain "@"."""

    user: str
    host: str
    """Lower case, with its port if it is not 443; an IPv6 literal keeps its brackets."""

    def __str__(self) -> str:
        return f"{self.user}@{self.host}"

    @property
    def person(self) -> "OcmAddress":
        """Whom it means, for comparing: oCIS and OpenCloud say `id@host` where a bare identifier belongs.

        To them, and to a server whose identifiers truly end like that, we say what they said (wire.md
        section 8, 20).
        """
        return _bare(self) if "@" in self.user else self

    @classmethod
    def parse(cls, text: str) -> "OcmAddress":
        """Raises OcmError with the reason."""
        return _parse_address(text)


def _bare(address: OcmAddress) -> OcmAddress:
    user = address.user
    while True:
        rest, at, host = user.rpartition("@")
        if not (at and rest) or host.removeprefix("https://").lower() != address.host:
            return OcmAddress(user, address.host)
        user = rest


@lru_cache(8192)
def _parse_address(text: str) -> OcmAddress:
    # The identifier may contain "@"; the host may not.
    user, at, host = text.rpartition("@")
    if not at:
        raise OcmError("not an OCM Address: there is no @")
    if not user:
        raise OcmError("not an OCM Address: nothing before the @")
    if len(user) > LONGEST_USER:
        raise OcmError(f"not an OCM Address: more than {LONGEST_USER} characters before the @")
    if not user.isprintable() and CONTROL.search(user):
        raise OcmError("not an OCM Address: control characters before the @")
    return OcmAddress(user, parse_host(host))


@lru_cache(8192)
def parse_host(text: str) -> str:
    """A bare host[:port] (FQDN fields such as senderDomain), normalised; OcmError with the reason.

    Names are ASCII: one that is not is to be written in punycode, so that nobody is fooled by
    letters that look alike.
    """
    if len(text) > LONGEST_HOST + 6:
        raise OcmError("host name too long")
    if not text.isascii():
        raise OcmError("a host name is ASCII; others are written in punycode (xn--)")
    if "://" in text:
        raise OcmError("a host name has no scheme")
    if "/" in text:
        raise OcmError("a host name has no path")
    name, port = _split_port(text)
    if name.startswith("["):
        name = _parse_ipv6(name)
    else:
        name = name.lower()
        _check_name(name)
    return name if port in (None, DEFAULT_PORT) else f"{name}:{port}"


def _split_port(text: str) -> tuple[str, int | None]:
    name, colon, digits = text.rpartition(":")
    if not colon or digits.endswith("]"):
        return text, None
    if not _PORT.fullmatch(digits) or not 0 < int(digits) < 65536:
        raise OcmError("a port is a number from 1 to 65535")
    return name, int(digits)


def _parse_ipv6(name: str) -> str:
    try:
        return f"[{IPv6Address(name[1:-1] if name.endswith(']') and '%' not in name else '')}]"
    except AddressValueError:
        raise OcmError("not an IPv6 address in brackets") from None


def _check_name(name: str) -> None:
    if not name:
        raise OcmError("host name missing")
    if len(name) > LONGEST_HOST:
        raise OcmError("host name too long")
    labels = name.split(".")
    # Resolvers take 127.1 and 0x7f000001 for addresses, too.
    if _NUMBER.fullmatch(labels[-1]):
        try:
            IPv4Address(name)
        except AddressValueError:
            raise OcmError("not an IPv4 address, and a name does not end in a number") from None
    elif not all(_LABEL.fullmatch(label) for label in labels):
        raise OcmError("not a host name")
