"""base64url without padding, the one spelling of bytes that JOSE knows (RFC 7515, section 2)."""

from base64 import urlsafe_b64decode
from binascii import b2a_base64

_ALPHABET = bytes.maketrans(b"+/", b"-_")


def encode(data: bytes) -> str:
    """The bytes as text."""
    return b2a_base64(data, newline=False).rstrip(b"=").translate(_ALPHABET).decode()


def decode(text: str) -> bytes:
    """The bytes of a text that `encode` would have written; ValueError for any other spelling."""
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    # The library passes over foreign characters and unused bits, so that one value had many spellings.
    if encode(data) != text:
        raise ValueError("not base64url")
    return data
