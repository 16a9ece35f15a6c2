"""Storage paths: which text names a file, the same for every driver."""

import re
from functools import lru_cache

from meshsim.storage import BAD_PATH, StorageError

NAME_LIMIT = 255
"""Bytes of UTF-8 in one name: what common file systems allow."""
PATH_LIMIT = 3072
"""Bytes of UTF-8 in a path; below PATH_MAX of 4096 with room for a driver's root."""

DEPTH_LIMIT = 128
"""Names in a path; what walks a tree need not fear for its stack."""

_PLAIN = re.compile(r"(?:/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,100}+){1,16}+")
"""What nearly all paths are, and within every limit."""


@lru_cache(4096)
def names(path: str) -> tuple[str, ...]:
    """The names in an absolute path, none for "/"; StorageError(BAD_PATH) for any other text."""
    if path == "/":
        return ()
    if not path.startswith("/"):
        raise StorageError(BAD_PATH, path)
    parts = path[1:].split("/")
    if _PLAIN.fullmatch(path):
        return tuple(parts)
    if len(parts) > DEPTH_LIMIT:
        raise StorageError(BAD_PATH, path)
    size = 0
    for part in parts:
        try:
            length = len(part.encode())
        except UnicodeEncodeError as error:
            raise StorageError(BAD_PATH, repr(path)) from error
        size += length + 1
        if part in ("", ".", "..") or "\0" in part or length > NAME_LIMIT:
            raise StorageError(BAD_PATH, path)
    if size > PATH_LIMIT:
        raise StorageError(BAD_PATH, path)
    return tuple(parts)


def inside(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or something in it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def parent(path: str) -> str:
    """The folder that a path is in; "/" for itself."""
    return path.rpartition("/")[0] or "/"
