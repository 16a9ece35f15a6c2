"""Rules for single values in OCM documents: each gives the reason why a value is bad, or None."""

import re
from collections.abc import Callable, Collection
from functools import lru_cache
from urllib.parse import unquote

from meshsim.ocm.address import CONTROL, OcmAddress, parse_host
from meshsim.ocm.errors import OcmError
from meshsim.wire import split

LONGEST = 1024
"""Characters of an identifier, name or secret; the draft sets no bound, but a reader needs one."""

LONGEST_URL = 4096

LONGEST_PROSE = 65536

LARGEST = 2**53 - 1
"""What every reader of JSON takes for the same number (RFC 8259, section 6)."""

_NO_NAMES = frozenset({"", ".", ".."})
_WORD = re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST}}}")
_NOT_IN_URL = re.compile(r'[\\"<>#^`{|}]|%(?![0-9A-Fa-f]{2})')


def identifier(value: str) -> str | None:
    """Something opaque: not empty, bounded, without control characters."""
    if 0 < len(value) <= LONGEST and value.isprintable():
        return None
    return label(value) if value else "must not be empty"


def label(value: str) -> str | None:
    """Text for people, which may be empty."""
    if len(value) > LONGEST:
        return f"must have at most {LONGEST} characters, not {len(value)}"
    if not value.isprintable() and CONTROL.search(value):
        return "must not contain control characters"
    return None


def prose(value: str) -> str | None:
    """Text for people that may have several lines."""
    if len(value) > LONGEST_PROSE:
        return f"must have at most {LONGEST_PROSE} characters, not {len(value)}"
    if "\0" in value:
        return "must not contain NUL"
    return None


FREE = frozenset({identifier, label, prose})
"""Rules that a text of 1 to LONGEST printable characters keeps, whatever it says."""


def secret(value: str) -> str | None:
    """A secret or token, as it can stand in an Authorization header (RFC 6750 is not as generous)."""
    if 0 < len(value) <= LONGEST_URL and _is_visible(value):
        return None
    return f"must be at most {LONGEST_URL} printable ASCII characters" if value else "must not be empty"


@lru_cache(8192)
def address(value: str) -> str | None:
    """An OCM Address."""
    return _by(OcmAddress.parse, value)


@lru_cache(8192)
def host(value: str) -> str | None:
    """A host name, perhaps with a port."""
    return _by(parse_host, value)


def _by(parse: Callable[[str], object], value: str) -> str | None:
    try:
        parse(value)
    except OcmError as error:
        return error.message
    return None


def _is_visible(value: str) -> bool:
    return value.isascii() and value.isprintable() and " " not in value


def url(value: str) -> str | None:
    """An absolute http or https URL with a host, without user, fragment or control characters."""
    if len(value) > LONGEST_URL:
        return f"must have at most {LONGEST_URL} characters"
    if not _is_visible(value) or _NOT_IN_URL.search(value):
        return "must be a URL, without spaces, quotes or fragment, and other than ASCII percent-encoded"
    target = split(value)
    if target.scheme not in ("https", "http"):
        return "must be an absolute https URL"
    if "@" in target.authority:
        return "must not contain a user name"
    if (reason := host(target.authority)) is not None:
        return f"has a bad host: {reason}"
    return None


def path(value: str) -> str | None:
    """A path on a host, from its root."""
    if not value.startswith("/") or value.startswith("//") or len(value) > LONGEST_URL:
        return f"must be a path: one / and at most {LONGEST_URL} characters"
    if not _is_visible(value) or _NOT_IN_URL.search(value):
        return "must be a path, without spaces, quotes or fragment, and other than ASCII percent-encoded"
    return None


def below(value: str) -> str | None:
    """An identifier that stays below the path it is put behind, whoever decodes it."""
    if _WORD.fullmatch(value):
        return None
    inside = unquote(value.strip("/")) if "%" in value else value.strip("/")
    if value.startswith("//") or "\\" in inside or not _NO_NAMES.isdisjoint(inside.split("/")):
        return "must be an identifier, or an absolute URL"
    return label(inside)


def some_of(known: Collection[str]) -> Callable[[Collection[str]], str | None]:
    """A list that is not empty and has only values that are known."""
    names = ", ".join(known)
    allowed = frozenset(known)

    def check(values: Collection[str]) -> str | None:
        if not values:
            return "must not be empty"
        if allowed.issuperset(values):
            return None
        strange = next(value for value in values if value not in allowed)
        return f"has the unknown value {strange[:50]!r}; known: {names}"

    return check


def not_negative(value: int) -> str | None:
    """A count, a size, a time."""
    if value > LARGEST:
        return f"must be at most {LARGEST}"
    return None if value >= 0 else "must not be negative"
