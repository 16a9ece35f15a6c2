"""Rules for single values in OCM documents: each gives the reason why a value is bad, or None."""

import re
from collections.abc import Callable, Collection

from meshsim.ocm.address import OcmAddress, parse_host
from meshsim.ocm.errors import OcmError
from meshsim.wire import split

LONGEST = 1024
"""Characters of an identifier, name or secret; the draft sets no bound, but a reader needs one."""

LONGEST_URL = 4096

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def identifier(value: str) -> str | None:
    """Something opaque: not empty, bounded, without control characters."""
    if not value:
        return "must not be empty"
    return label(value)


def label(value: str) -> str | None:
    """Text for people, which may be empty."""
    if len(value) > LONGEST:
        return f"must have at most {LONGEST} characters, not {len(value)}"
    if _CONTROL.search(value):
        return "must not contain control characters"
    return None


def secret(value: str) -> str | None:
    """A secret or token, as it can stand in an Authorization header (RFC 6750 is not as generous)."""
    if not value:
        return "must not be empty"
    if len(value) > LONGEST_URL or not value.isascii() or not value.isprintable() or " " in value:
        return f"must be at most {LONGEST_URL} printable ASCII characters"
    return None


def address(value: str) -> str | None:
    """An OCM Address."""
    return _by(OcmAddress.parse, value)


def host(value: str) -> str | None:
    """A host name, perhaps with a port."""
    return _by(parse_host, value)


def _by(parse: Callable[[str], object], value: str) -> str | None:
    try:
        parse(value)
    except OcmError as error:
        return error.message
    return None


def url(value: str) -> str | None:
    """An absolute http or https URL with a host, without user, fragment or control characters."""
    if len(value) > LONGEST_URL:
        return f"must have at most {LONGEST_URL} characters"
    if _CONTROL.search(value) or any(c in value for c in ' \\"<>#'):
        return "must be a URL, without spaces, quotes or fragment"
    target = split(value)
    if target.scheme not in ("https", "http"):
        return "must be an absolute https URL"
    if "@" in target.authority:
        return "must not contain a user name"
    if (reason := host(target.authority)) is not None:
        return f"has a bad host: {reason}"
    return None


def some_of(known: Collection[str]) -> Callable[[Collection[str]], str | None]:
    """A list that is not empty and has only values that are known."""
    names = ", ".join(known)

    def check(values: Collection[str]) -> str | None:
        if not values:
            return "must not be empty"
        for value in values:
            if value not in known:
                return f"has the unknown value {value[:50]!r}; known: {names}"
        return None

    return check


def not_negative(value: int) -> str | None:
    """A count, a size, a time."""
    return None if value >= 0 else "must not be negative"
