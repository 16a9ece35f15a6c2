"""HTTP as values: what one site says to another, whatever carries it.

Knows neither OCM nor sockets. Imported by everything, imports nothing of ours.
"""

from collections.abc import AsyncIterator, Mapping
from typing import NamedTuple

import msgspec

Headers = Mapping[str, str]
"""Field names in lower case; several fields of one name are joined by ", " (RFC 9110, 5.2)."""


class FileSlice(msgspec.Struct, frozen=True):
    """Part of a file on disk, so that sockets can use sendfile."""

    path: str
    offset: int
    length: int


Body = bytes | FileSlice | AsyncIterator[bytes]


class Target(NamedTuple):
    """A URL taken apart; `authority` keeps the port, `path` its percent-encoding."""

    scheme: str
    authority: str
    path: str
    query: str


class Request(msgspec.Struct, frozen=True):
    """One HTTP request. `remote` is the address of the caller as the server sees it."""

    method: str
    url: str
    headers: Headers = {}
    body: Body = b""
    remote: str = ""

    @property
    def target(self) -> Target:
        """The request's URL in its parts."""
        return split(self.url)


class Response(msgspec.Struct, frozen=True):
    """One HTTP answer."""

    status: int
    headers: Headers = {}
    body: Body = b""


class NetworkError(Exception):
    """No usable answer came. Whether the peer acted on the request is unknown, unless `sent` is False."""

    def __init__(self, reason: str, *, sent: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent


class BodyTooLarge(Exception):
    """A body is longer than its reader allows."""


class Exchange(msgspec.Struct):
    """One request between two hosts and what became of it. Times are seconds since the Unix epoch."""

    number: int
    source: str
    target: str
    request: Request
    started: float
    response: Response | None = None
    ended: float | None = None
    error: str = ""
    """Why the caller got no answer; empty when it got one."""
    faults: tuple[str, ...] = ()
    """Names of the faults that touched the request or the answer."""


def split(url: str) -> Target:
    """Take an absolute URL apart; a fragment is dropped, an empty path reads "/"."""
    scheme, _, rest = url.partition("://")
    rest = rest.partition("#")[0]
    rest, _, query = rest.partition("?")
    authority, slash, path = rest.partition("/")
    return Target(scheme, authority, slash + path or "/", query)


async def read(body: Body, limit: int | None = None) -> bytes:
    """The whole body as bytes; raises BodyTooLarge beyond `limit` bytes."""
    if isinstance(body, bytes):
        data = body
    elif isinstance(body, FileSlice):
        if limit is not None and body.length > limit:
            raise BodyTooLarge(f"body of {body.length} bytes, at most {limit} allowed")
        with open(body.path, "rb") as file:
            file.seek(body.offset)
            data = file.read(body.length)
    else:
        chunks: list[bytes] = []
        size = 0
        async for chunk in body:
            size += len(chunk)
            if limit is not None and size > limit:
                raise BodyTooLarge(f"body of more than {limit} bytes")
            chunks.append(chunk)
        data = b"".join(chunks)
    if limit is not None and len(data) > limit:
        raise BodyTooLarge(f"body of {len(data)} bytes, at most {limit} allowed")
    return data
