"""Chance that one seed repeats: SHA-256 in counter mode, a stream for every host and purpose."""

from binascii import b2a_base64
from hashlib import sha256
from random import Random

BLOCK = 32

_ALPHABET = bytes.maketrans(b"+/", b"-_")


class Entropy:
    """The Entropy port of one incarnation of a host.

    Streams differ from incarnation to incarnation, so a site that lost its memory repeats no
    identifier; keys do not.
    """

    def __init__(self, seed: int | str, host: str, incarnation: int = 0) -> None:
        self._host = _digest("host", str(seed), host)
        self._stream = _digest("stream", str(seed), host, str(incarnation))
        self._used: dict[str, tuple[bytes, int]] = {}
        """By purpose: what its blocks are made of beside their number, and how many are used."""

    def key(self, purpose: str) -> bytes:
        """32 bytes that stay the same for this host."""
        return sha256(self._host + purpose.encode()).digest()

    def bytes(self, purpose: str, count: int) -> bytes:
        """`count` bytes never given out before; what is left of the last block is thrown away."""
        known = self._used.get(purpose)
        prefix, used = (self._stream + purpose.encode(), 0) if known is None else known
        blocks = 1 if 0 < count <= BLOCK else -(-count // BLOCK)
        self._used[purpose] = prefix, used + blocks
        if blocks == 1:
            return sha256(prefix + used.to_bytes(8, "big")).digest()[:count]
        numbers = range(used, used + blocks)
        return b"".join(sha256(prefix + n.to_bytes(8, "big")).digest() for n in numbers)[:count]

    def token(self, purpose: str, count: int = 24) -> str:
        """`count` such bytes as base64url text without padding."""
        text = b2a_base64(self.bytes(purpose, count), newline=False)
        return text.rstrip(b"=").translate(_ALPHABET).decode()


def stream(seed: int | str, *purpose: str) -> Random:
    """A generator of its own for one purpose: a fault, the jitter of links, a scenario."""
    return Random(_digest("random", str(seed), *purpose))  # noqa: S311 - repeatable on purpose


def _digest(*parts: str) -> bytes:
    # Lengths keep ("a", "bc") and ("ab", "c") apart.
    return sha256("".join(f"{len(part)}:{part}" for part in parts).encode()).digest()
