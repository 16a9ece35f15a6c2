"""JSON documents in and out: a value, or an OcmError that names every bad field."""

from typing import TypeVar

T = TypeVar("T")

LIMIT = 1024 * 1024
"""Bytes of JSON that are looked at; more is refused unread."""


def load(raw: bytes) -> dict[str, object]:
    """A JSON object from a peer, untyped; OcmError for anything else (also duplicate keys)."""
    raise NotImplementedError


def convert(document: object, kind: type[T]) -> T:
    """The typed value of a decoded document; OcmError with one Problem for each bad field."""
    raise NotImplementedError


def parse(raw: bytes, kind: type[T]) -> T:
    """`load` and `convert` in one."""
    raise NotImplementedError


def plain(value: object) -> dict[str, object]:
    """The JSON object of a value; members that are None or unset are left out."""
    raise NotImplementedError


def dump(value: object) -> bytes:
    """The bytes of a value or of a plain document."""
    raise NotImplementedError
