"""HTTP as values: what one site says to another, whatever carries it.

Knows neither OCM nor sockets. Imported by everything, imports nothing of ours.
"""

import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import lru_cache
from hashlib import sha256

import msgspec

Headers = Mapping[str, str]
"""Field names in lower case; several fields of one name are joined by ", " (RFC 9110, 5.2)."""


class OpenFile:
    """A file kept open for reading until nobody needs it any more; `number` is its descriptor."""

    __slots__ = ("number",)

    def __init__(self, path: str) -> None:
        self.number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)

    def __del__(self) -> None:
        if hasattr(self, "number"):
            os.close(self.number)


class FileSlice(msgspec.Struct, frozen=True):
    """Part of a file on disk, so that sockets can use sendfile.

    With `file` the content stays what it was when the slice was made, also if the path is replaced or
    deleted meanwhile; without, it is opened when it is read.
    """

    path: str
    offset: int
    length: int
    file: OpenFile | None = None

    def opened(self) -> OpenFile:
        """The open file; OSError if it is gone."""
        return self.file or OpenFile(self.path)

    def read(self) -> bytes:
        """All of it, in memory."""
        file, parts, place = self.opened(), [], self.offset
        # One call gives 2 GiB at most.
        while part := os.pread(file.number, self.offset + self.length - place, place):
            parts.append(part)
            place += len(part)
        return b"".join(parts)


CHUNK = 1 << 18
"""Bytes in which a file is read that does not go out by sendfile."""

Body = bytes | FileSlice | AsyncIterator[bytes]


# gc=False: a value never leads back to itself, and a long transcript would be walked by every collection.
class Target(msgspec.Struct, frozen=True, gc=False):
    """A URL taken apart; `authority` keeps the port, `path` its percent-encoding."""

    scheme: str
    authority: str
    path: str
    query: str

    def __iter__(self) -> Iterator[str]:
        return iter((self.scheme, self.authority, self.path, self.query))


class Request(msgspec.Struct, frozen=True, gc=False):
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


class Response(msgspec.Struct, frozen=True, gc=False):
    """One HTTP answer."""

    status: int
    headers: Headers = {}
    body: Body = b""


class NetworkError(Exception):
    """No usable answer came. Whether the peer acted on the request is unknown, unless `sent` is False.

    `nowhere` says that there is no such host, or none that may be called: not now, and not in a moment.
    """

    def __init__(self, reason: str, *, sent: bool = True, nowhere: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent and not nowhere
        self.nowhere = nowhere


class BodyTooLarge(Exception):
    """A body is longer than its reader allows."""


class Exchange(msgspec.Struct, gc=False):
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


Observer = Callable[[Exchange], None]


class Transcript:
    """Every exchange of a run, in the order in which the requests were sent.

    The digest is the same with `keep` and without; without, only exchanges still under way are in
    memory, so that a run may be as long as it likes. Observers see each exchange once, when nothing
    about it can change any more.
    """

    most: int | None = None
    """How many exchanges are remembered, if not all: whoever forgets cannot be judged."""

    def __init__(self, *, keep: bool = True, observers: tuple[Observer, ...] = ()) -> None:
        self.keep = keep
        self.observers = observers
        self._count = 0
        self._held: dict[int, Exchange] = {}
        self._sum = 0

    def begin(self, source: str, target: str, request: Request, started: float) -> Exchange:
        """Number and note a request that is being sent."""
        self._count = number = self._count + 1
        exchange = self._held[number] = Exchange(number, source, target, request, started)
        return exchange

    def finish(self, exchange: Exchange) -> None:
        """Nothing about this exchange will change any more."""
        if not self.keep:
            del self._held[exchange.number]
            self._sum += _fingerprint(exchange)
        for observer in self.observers:
            observer(exchange)

    def digest(self) -> str:
        """What all exchanges say, as SHA-256 in hex: two runs with one digest went alike."""
        # A sum does not mind the order in which exchanges ended; each is numbered, so none can move.
        total = self._sum + sum(_fingerprint(exchange) for exchange in self._held.values())
        return sha256(f"{self._count} {total % 2**256:x}".encode()).hexdigest()

    def __iter__(self) -> Iterator[Exchange]:
        """The exchanges in memory, by number."""
        return iter(list(self._held.values()))

    def __len__(self) -> int:
        """How many there were, kept or not."""
        return self._count


def _fingerprint(exchange: Exchange) -> int:
    answer = exchange.response
    facts = (
        exchange.number,
        exchange.source,
        exchange.target,
        exchange.started,
        exchange.ended,
        exchange.error,
        exchange.faults,
        _canonical(exchange.request.body, exchange.request.headers),
        exchange.request.method,
        exchange.request.url,
        exchange.request.remote,
        answer and (answer.status, _canonical(answer.body, answer.headers)),
    )
    try:
        encoded = msgspec.msgpack.encode(facts)
    except UnicodeEncodeError:  # a lone surrogate in a name or value
        encoded = repr(facts).encode("ascii", "backslashreplace")
    return int.from_bytes(sha256(encoded).digest(), "big")


def _canonical(body: Body, headers: Headers) -> tuple[bytes, list[tuple[str, str]]]:
    return octets(body), sorted(headers.items())


@lru_cache(4096)  # the network and the receiver ask about the same URL one after the other
def split(url: str) -> Target:
    """Take an absolute URL apart; a fragment is dropped, an empty path reads "/"."""
    scheme, _, rest = url.partition("://")
    rest = rest.partition("#")[0]
    rest, _, query = rest.partition("?")
    authority, slash, path = rest.partition("/")
    return Target(scheme, authority, slash + path or "/", query)


def hostname(authority: str) -> str:
    """The name in an authority, without its port; an IPv6 literal keeps its brackets."""
    name, _, port = authority.rpartition(":")
    return name if name and port.isdecimal() else authority


def octets(body: Body) -> bytes:
    """A body that was read already, as all are on the simulated path; TypeError if it was not."""
    if not isinstance(body, bytes):
        raise TypeError(f"a body still to be read: {type(body).__name__}")
    return body


async def chunks(body: Body) -> AsyncIterator[bytes]:
    """The body as it comes; bytes and files in parts."""
    if isinstance(body, bytes):
        yield body
    elif isinstance(body, FileSlice):
        file, place, end = body.opened(), body.offset, body.offset + body.length
        while part := os.pread(file.number, min(CHUNK, end - place), place):
            yield part
            place += len(part)
    else:
        async for chunk in body:
            yield chunk


async def read(body: Body, limit: int | None = None) -> bytes:
    """The whole body as bytes; raises BodyTooLarge beyond `limit` bytes."""
    if isinstance(body, bytes):
        data = body
    elif isinstance(body, FileSlice):
        if limit is not None and body.length > limit:
            raise BodyTooLarge(f"body of {body.length} bytes, at most {limit} allowed")
        data = body.read()
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
