"""HTTP/1.1 on one connection: octets to requests, answers to octets, with bounds on all that a peer decides.

The parser is llhttp, strict, by httptools. Knows no sites and no OCM.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import httptools
import msgspec

from meshsim.network import _heads
from meshsim.network._incoming import Incoming, Refused, Stream, TooSlow
from meshsim.network._polling import Polling
from meshsim.network._sendfile import Pump
from meshsim.wire import Body, FileSlice, NetworkError, Response, chunks

SMALL = 64 * 1024
"""Bytes of a body that is read before its request is handed on; longer ones are streams."""
HEAD_LIMIT = 64 * 1024
"""Bytes of a request line and all its fields."""
FIELDS = 128
"""Fields of a request."""
LINGER = 2.0
"""Seconds that a peer who still sends is listened to after its answer, so that it can read the answer."""

_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode("ascii") for status in HTTPStatus
}
_NO_BODY = frozenset({204, 304})
_VERSIONS = frozenset({"1.0", "1.1"})


class Limits(msgspec.Struct, frozen=True):
    """What whoever connects may take. Times are in seconds, sizes in bytes."""

    line: int = 8190
    """The request line."""
    field: int = 8190
    """One header field; their number and their sum are bounded, too."""
    head: float = 10.0
    """From connecting to the end of the first header, and for a TLS handshake."""
    idle: float = 75.0
    """Between two requests, and the next header."""
    pause: float = 30.0
    """Between two pieces of a body, or until a reader takes one."""
    rate: int = 1024
    """Bytes a second that a body must come with on average, once `pause` has passed."""
    connections: int = 8192
    per_peer: int = 4096
    """Connections of one address. All of a mesh on loopback is one address."""
    shutdown: float = 30.0
    """For requests that were accepted before the end."""


Handler = Callable[[Incoming], Awaitable[Response]]


class Connection(asyncio.Protocol):
    """Takes requests one after the other, and gives them to `handler`; whatever it raises is `report`ed.

    `common` gives the fields of every answer that does not have its own, `polling` keeps the loop awake for
    a moment after each. `due` is when patience ends, by the loop's clock; None while we are the ones that
    work. Whoever made the connection calls `check` now and then.
    """

    def __init__(
        self,
        handler: Handler,
        limits: Limits,
        loop: asyncio.AbstractEventLoop,
        report: Callable[[BaseException], None],
        common: Callable[[], Mapping[str, str]] = dict,
        polling: Polling | None = None,
    ) -> None:
        self.loop, self.limits = loop, limits
        self.remote = ""
        self.closing = False
        """Whether the next answer is the last."""
        self.due: float | None = loop.time() + limits.head
        self._handler, self._report, self._common = handler, report, common
        self._polling = polling
        self._parser = httptools.HttpRequestParser(self)
        self._transport: Any = None
        self.task: asyncio.Task[None] | None = None
        self.peername: Any = None
        self._ready: deque[Incoming] = deque()
        self._wanted: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._full = self._held = self._lost = self._deaf = self._ended = False
        self._error: Refused | None = None
        self._incoming: Incoming | None = None
        self._stream: Stream | None = None
        self._parts: list[bytes] = []
        self._head = self._fields = self._begun = 0
        self._whole: Incoming | None = None
        """While what came is parsed: the last request that is all here, of the `_begun` ones."""
        self._url = b""

    # What asyncio calls.

    def connection_made(self, transport: Any) -> None:
        """Begin."""
        self._transport = transport
        self.peername = transport.get_extra_info("peername")
        self.remote = (self.peername or ("",))[0]
        self.task = self.loop.create_task(self._run())

    def connection_lost(self, error: BaseException | None) -> None:
        """The peer has gone: what it asked for is still done, unless its body is missing."""
        self._lost, self.due = True, None
        if self._stream is not None and not self._stream.ended:
            self._stream.fail(ConnectionResetError("the caller has gone"))
        for waiter in (self._wanted, self._drained):
            if waiter is not None and not waiter.done():
                waiter.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Parse what came."""
        if self._deaf or self._error is not None:
            return
        between = self._incoming is None and self._stream is None
        if between:
            incoming = _heads.known(self, data)
            if incoming is not None:
                self._hand_on(incoming)
                return
            self._begun = 0
        try:
            self._parser.feed_data(data)
            whole, self._whole = self._whole, None
            if between and self._begun == 1 and whole is not None:
                _heads.keep(data, whole)
            if self._incoming is not None:
                self._head += len(data)
                if self._head > HEAD_LIMIT:
                    raise Refused(431, "the header is too long")
        except Refused as error:
            self._refuse(error)
        except httptools.HttpParserUpgrade:
            # No other protocol is spoken here; llhttp reads no further, so the answer is the last.
            self._deaf = True
            if self._ready:
                self._ready[-1].keep = False
        except httptools.HttpParserCallbackError as error:
            inner = error.__context__
            self._refuse(inner if isinstance(inner, Refused) else Refused(400, "this is not HTTP/1.1"))
        except httptools.HttpParserError:
            self._refuse(Refused(400, "this is not HTTP/1.1"))

    def eof_received(self) -> bool:
        """Who ends its side may still read our answer."""
        if self._stream is not None and not self._stream.ended:
            self._stream.fail(ConnectionResetError("the body broke off"))
        self._deaf = self._ended = True
        if self._wanted is not None and not self._wanted.done():
            self._wanted.set_result(None)
        # TLS has no half of a connection that could stay open.
        return not self.done and self._wanted is None and self._transport.can_write_eof()

    def pause_writing(self) -> None:
        """The peer does not read."""
        self._full = True

    def resume_writing(self) -> None:
        """It does again."""
        self._full = False
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)

    # What the parser calls.

    def on_message_begin(self) -> None:
        """A new request, perhaps before the last is answered."""
        self._incoming = Incoming(self)
        self._begun += 1
        if self._wanted is not None:
            self.due = self.loop.time() + self.limits.head
        self._head = self._fields = 0
        self._url = b""

    def on_url(self, url: bytes) -> None:
        """The request-target, or a part of it."""
        self._url += url
        if len(self._url) > self.limits.line:
            raise Refused(414, "the request line is too long")

    def on_header(self, name: bytes, value: bytes) -> None:
        """One field."""
        incoming = self._incoming
        self._fields += 1
        if incoming is None:  # a trailer
            return
        if len(name) + len(value) > self.limits.field or self._fields > FIELDS:
            raise Refused(431, "the header is too long")
        key, text = name.lower().decode("latin-1"), value.decode("utf-8", "surrogateescape")
        before = incoming.headers.get(key)
        if before is not None:
            if key == "host":
                raise Refused(400, "one Host field is needed")
            # RFC 9110, 5.3; and RFC 6265, 5.4 for cookies, which use another separator.
            text = f"{before}{'; ' if key == 'cookie' else ', '}{text}"
        incoming.headers[key] = text

    def on_headers_complete(self) -> None:
        """The body is next."""
        incoming = self._incoming
        if incoming is None:
            return
        parser, headers = self._parser, incoming.headers
        incoming.method = parser.get_method().decode("latin-1")
        incoming.target = self._url.decode("utf-8", "surrogateescape")
        incoming.version = parser.get_http_version()
        if incoming.version not in _VERSIONS:
            raise Refused(400, "this is not HTTP/1.1")
        incoming.keep = parser.should_keep_alive()
        expected = headers.get("expect", "")
        if expected and expected.lower() != "100-continue":
            raise Refused(417, "of expectations, only 100-continue is met")
        if headers.get("transfer-encoding", "chunked").lower() != "chunked":
            raise Refused(400, "of transfer codings, only chunked is understood")
        length = headers.get("content-length", "0")
        if expected or "transfer-encoding" in headers or len(length) > 5 or int(length) > SMALL:
            incoming.body = self._stream = Stream(self, expected=bool(expected))
            self._hand_on(incoming)
        elif length != "0" and self._wanted is not None:
            self.due = self.loop.time() + self.limits.pause

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        if self._stream is None:
            self._parts.append(body)
        else:
            self._stream.feed(body)

    def on_message_complete(self) -> None:
        """The request is all here."""
        if self._stream is not None:
            self._stream.end()
            self._stream = None
        elif self._incoming is not None:
            if self._parts:
                self._incoming.body = b"".join(self._parts)
                self._parts.clear()
            self._whole = self._incoming
            self._hand_on(self._incoming)

    # What others call.

    def write(self, data: bytes) -> None:
        """Send, if there is still somebody."""
        if not self._lost:
            self._transport.write(data)

    def hold(self) -> None:
        """Read no more for now."""
        if not self._held and not self._lost:
            self._held = True
            self._transport.pause_reading()

    def release(self) -> None:
        """Read on, unless requests wait."""
        if self._held and not self._ready and not self._lost:
            self._held = False
            self._transport.resume_reading()

    def check(self, now: float) -> None:
        """End what takes too long: a header or a body that does not come, an answer nobody reads."""
        if self.due is None or now < self.due:
            return
        self.due = None
        if self._stream is not None and self._drained is None:
            self._stream.fail(TooSlow())
        elif self._incoming is not None and self._incoming.method:
            self._refuse(Refused(408, "the request came too slowly"))
        else:
            self.abort()

    def finish(self) -> None:
        """Close when the request under way, if any, is answered."""
        self.closing = True
        if self._wanted is not None and not self._wanted.done():
            self._wanted.set_result(None)

    def abort(self) -> None:
        """Break off at once."""
        if not self._lost:
            self._transport.abort()

    @property
    def done(self) -> bool:
        """Whether nothing is under way any more."""
        return self.task is None or self.task.done()

    def _hand_on(self, incoming: Incoming) -> None:
        self._incoming = None
        self.due = None
        self._ready.append(incoming)
        if self._wanted is not None:
            if not self._wanted.done():
                self._wanted.set_result(None)
                if self._polling is not None:
                    self._polling.asked()
        elif len(self._ready) > 1:
            self.hold()

    def _refuse(self, error: Refused) -> None:
        self._error = error
        if self._stream is not None:
            self._stream.fail(error)
        if self._wanted is not None and not self._wanted.done():
            self._wanted.set_result(None)

    async def _run(self) -> None:
        try:
            while not self._lost:
                if not self._ready:
                    if self._error is not None or self._deaf or self.closing:
                        break
                    self._wanted = self.loop.create_future()
                    if self._polling is not None:
                        self._polling.answered()
                    await self._wanted
                    self._wanted = None
                    continue
                if not await self._answer():
                    self._error = None  # nothing is said after an answer that ended the connection
                    break
                if self.due is None:
                    self.due = self.loop.time() + self.limits.idle
            if self._error is not None and not self._ready and not self._lost:
                self._write_head(self._error.status, told(self._error.status, str(self._error)), False, "1.1")
        except (ConnectionError, NetworkError):
            self.abort()
        except Exception as error:
            self._report(error)
            self.abort()
        await self._close()

    async def _answer(self) -> bool:
        """Answer the next request, and forget it; whether another may follow."""
        incoming = self._ready.popleft()
        self.release()
        try:
            response = await self._handler(incoming)
        except TooSlow:
            response = told(408, "the request came too slowly")
        except Refused as error:
            response = told(error.status, str(error))
        stream = incoming.body
        # What was not read cannot be skipped in bounded time, so it ends the connection.
        keep = incoming.keep and not self.closing and (isinstance(stream, bytes) or stream.ended)
        body, headers = response.body, response.headers
        if self._lost:
            return False
        if incoming.method == "HEAD" or response.status in _NO_BODY:
            self._write_head(response.status, Response(response.status, headers), keep, incoming.version)
        elif isinstance(body, bytes):
            self._write_head(response.status, response, keep, incoming.version)
        elif isinstance(body, FileSlice):
            body = FileSlice(body.path, body.offset, body.length, body.opened())
            sized = {**headers, "content-length": str(body.length)}
            self._write_head(response.status, Response(response.status, sized, b""), keep, incoming.version)
            await self._send_file(body)
        else:
            keep = await self._send_stream(incoming, response, body, keep)
        if self._full:
            await self._drain()
        return keep

    async def _send_stream(
        self, incoming: Incoming, response: Response, body: AsyncIterator[bytes], keep: bool
    ) -> bool:
        """What comes bit by bit: as long as it was said to be, or in chunks; whether another may follow."""
        headers, left = response.headers, None
        if "content-length" in headers:
            left = int(headers["content-length"])
        elif incoming.version == "1.0":
            keep = False
        else:
            headers = {**headers, "transfer-encoding": "chunked"}
        self._write_head(response.status, Response(response.status, headers, body), keep, incoming.version)
        async for chunk in body:
            if not chunk:
                continue
            if left is not None:
                left -= len(chunk)
                if left < 0:
                    raise ConnectionAbortedError("there is more of it than was said")
            in_chunks = left is None and incoming.version != "1.0"
            self.write(b"%x\r\n%b\r\n" % (len(chunk), chunk) if in_chunks else chunk)
            await self._drain()
        if left:
            raise ConnectionAbortedError("there is less of it than was said")
        if left is None and incoming.version != "1.0":
            self.write(b"0\r\n\r\n")
        return keep

    def _write_head(self, status: int, response: Response, keep: bool, version: str) -> None:
        headers, body = response.headers, response.body
        lines = [
            f"{name}: {value}\r\n"
            for name, value in headers.items()
            if status != 204 or name != "content-length"
        ]
        if isinstance(body, bytes) and "content-length" not in headers and status not in _NO_BODY:
            lines.append(f"content-length: {len(body)}\r\n")
        if not keep:
            lines.append("connection: close\r\n")
        elif version == "1.0":
            lines.append("connection: keep-alive\r\n")
        lines.extend(f"{name}: {value}\r\n" for name, value in self._common().items() if name not in headers)
        lines.append("\r\n")
        text = "".join(lines)
        if not len(lines) == text.count("\n") == text.count("\r"):
            raise ValueError("a line break in a header")
        start = _LINES.get(status) or f"HTTP/1.1 {status} \r\n".encode("ascii")
        head = start + text.encode("utf-8", "replace")
        self.write(head + body if isinstance(body, bytes) else head)

    async def _drain(self) -> None:
        """Wait until the peer has taken what was written, within the limits."""
        while self._full and not self._lost:
            self._drained = self.loop.create_future()
            self.due = self.loop.time() + self.limits.pause
            try:
                await self._drained
            finally:
                self._drained, self.due = None, None
        if self._lost:
            raise ConnectionResetError("the caller has gone")

    async def _send_file(self, part: FileSlice) -> None:
        """By sendfile; encrypted, in pieces."""
        transport = self._transport
        if transport.get_extra_info("sslcontext") is not None:
            async for chunk in chunks(part):
                self.write(chunk)
                await self._drain()
            return
        transport.set_write_buffer_limits(0)
        if transport.get_write_buffer_size():
            self._full = True
            await self._drain()
        transport.set_write_buffer_limits()
        with Pump(transport.get_extra_info("socket"), part) as pump:
            if not pump.done:
                pump.send()
            while not pump.done and not self._lost:
                self._drained = self.loop.create_future()
                self.due = self.loop.time() + self.limits.pause
                # Others get their turn between two pieces.
                self.loop.add_writer(pump.out, self._pumped, pump)
                try:
                    await self._drained
                finally:
                    self.loop.remove_writer(pump.out)
                    self._drained, self.due = None, None
        if not pump.done:
            raise ConnectionResetError("the caller has gone")

    def _pumped(self, pump: Pump) -> None:
        """Send another piece, because there is room."""
        waiter = self._drained
        if waiter is None or waiter.done():
            return
        try:
            pump.send()
        except OSError as error:
            waiter.set_exception(error)
            return
        self.due = self.loop.time() + self.limits.pause
        if pump.done:
            waiter.set_result(None)

    async def _close(self) -> None:
        """Close; a peer that still sends is heard a little longer, or it would not see our answer."""
        self._deaf, self.due = True, None
        if self._lost:
            return
        half, unread = self._transport.can_write_eof(), self._stream is not None or self._error is not None
        if self._ended or not (half or unread):
            self._transport.close()
            return
        self._held = self._held and not self._ready
        if half:  # not under TLS, where all that can be done is to go on reading
            self._transport.write_eof()
        self.release()
        self.loop.call_later(LINGER, self._transport.close)


def told(status: int, message: str) -> Response:
    """An answer in plain words."""
    headers: Mapping[str, str] = {"content-type": "text/plain; charset=utf-8"}
    body: Body = f"{message}\n".encode()
    return Response(status, headers, body)
