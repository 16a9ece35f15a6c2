"""Reads answers of HTTP/1.1 off a connection, one after the other, and holds no more than it must."""

import re
from collections.abc import Callable
from functools import lru_cache
from time import monotonic

HEAD_LIMIT = 64 << 10
"""Bytes of a header."""
EAGER = 1 << 20
"""Bytes of a body that are read at once; what is longer comes in parts."""
PART = 1 << 16
REMEMBERED = 2048
"""Bytes of a header that is worth keeping, to be recognised."""
_START = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: [^\r\n]*)?")
_LENGTH = re.compile(r"[0-9]{1,18}")
_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;[^\r\n]*)?")
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9a-z]+")


class Broken(Exception):
    """What came is no answer, or only part of one."""


class Answer:
    """The answers on one connection; `recv` gives the next bytes, none at the end."""

    __slots__ = ("_buffer", "_chunked", "_left", "_recv", "begun", "ended", "keep")

    def __init__(self, recv: Callable[[int], bytes]) -> None:
        self._recv = recv
        self._buffer = b""
        self._left: int | None = 0
        """Bytes of the body, or of its chunk, that are still to come; None: until the connection ends."""
        self._chunked = False
        self.begun = False
        """Whether anything of the present answer came."""
        self.ended = True
        self.keep = True
        """Whether another request may follow."""

    def begin(self, method: str, end: float) -> tuple[int, dict[str, str]]:
        """Status and fields of the next answer, by the time `end`; Broken, TimeoutError or OSError."""
        self.begun = bool(self._buffer)
        while True:
            data = self._buffer
            while (stop := data.find(b"\r\n\r\n")) < 0:
                if len(data) > HEAD_LIMIT:
                    raise Broken("the answer's header is too long")
                more = self._recv(65536)
                if not more:
                    raise Broken("the answer broke off" if self.begun else "connection reset")
                self.begun = True
                if monotonic() > end:
                    raise TimeoutError
                data = data + more if data else more
            if stop > HEAD_LIMIT:
                raise Broken("the answer's header is too long")
            self._buffer = data[stop + 4 :]
            # Servers say the same header again and again, but for what changes each second.
            status, known, version = (_remembered if stop < REMEMBERED else _parsed)(data[:stop])
            headers = dict(known)
            if status >= 200:
                break
            if status == 101:
                raise Broken("the answer is no HTTP that was asked for")
        self._frame(status, headers, version, method)
        return status, headers

    def whole(self, end: float) -> bytes | None:
        """The body, or None if it is too long to be held: then it comes by `part`."""
        left = self._left
        if not self._chunked and left is not None:
            if left > EAGER:
                return None
            data = self._buffer
            while len(data) < left:
                more = self._recv(65536)
                if not more:
                    raise Broken("the answer broke off")
                if monotonic() > end:
                    raise TimeoutError
                data += more
            self._buffer = data[left:]
            self._left, self.ended = 0, True
            # What nobody asked for belongs to no answer.
            self.keep = self.keep and not self._buffer
            return data[:left] if self._buffer else data
        parts, size = [], 0
        while part := self.part():
            parts.append(part)
            size += len(part)
            if monotonic() > end:
                raise TimeoutError
            if size > EAGER:
                self._push_back(parts)
                return None
        return b"".join(parts)

    def part(self) -> bytes:
        """The next bytes of the body; empty at its end."""
        if self.ended:
            return b""
        if self._chunked and not self._left:
            self._left = self._chunk()
            if not self._left:
                self._trailers()
                self.ended = True
                self.keep = self.keep and not self._buffer
                return b""
        wanted = PART if self._left is None else min(self._left, PART)
        data = self._buffer
        if data:
            self._buffer = data[wanted:]
            data = data[:wanted]
        else:
            data = self._recv(wanted)
        if not data:
            self.ended, self.keep = True, False
            if self._left is not None:
                raise Broken("the answer broke off")
            return b""
        if self._left is not None:
            self._left -= len(data)
            if self._chunked:
                if not self._left and self._line():
                    raise Broken("the answer is no HTTP: a chunk is longer than it says")
            elif not self._left:
                self.ended = True
        return data

    def _push_back(self, parts: list[bytes]) -> None:
        data = b"".join(parts)
        if self._chunked:
            # As one chunk, before the rest of the present one.
            rest = b"%x\r\n" % self._left if self._left else b""
            self._buffer = data + b"\r\n" + rest + self._buffer
            self._left = len(data)
        else:
            self._buffer = data + self._buffer
            self._left = None if self._left is None else self._left + len(data)

    def _frame(self, status: int, headers: dict[str, str], version: bytes, method: str) -> None:
        connection = headers.get("connection", "").lower()
        self.keep = "close" not in connection if version == b"1" else "keep-alive" in connection
        self._chunked, self.ended = False, False
        coding, length = headers.get("transfer-encoding"), headers.get("content-length")
        if method == "HEAD" or status in (204, 304):
            self._left, self.ended = 0, True
        elif coding is not None:
            if coding.lower() != "chunked":
                raise Broken("the answer has a coding that was not asked for")
            # RFC 9112, 6.3: a length beside it may be an attempt at smuggling.
            self.keep = self.keep and length is None
            self._chunked, self._left = True, 0
        elif length is not None:
            if len(set(length.split(", "))) != 1 or not _LENGTH.fullmatch(length.split(", ")[0]):
                raise Broken("the answer is no HTTP: its length is no number")
            self._left = int(length.split(", ")[0])
            self.ended = not self._left
        else:
            self._left, self.keep = None, False
        if self.ended:
            self.keep = self.keep and not self._buffer

    def _line(self) -> bytes:
        while (stop := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > 8190:
                raise Broken("the answer is no HTTP: a line is too long")
            more = self._recv(65536)
            if not more:
                raise Broken("the answer broke off")
            self._buffer += more
        line, self._buffer = self._buffer[:stop], self._buffer[stop + 2 :]
        return line

    def _chunk(self) -> int:
        size = _SIZE.fullmatch(self._line())
        if size is None:
            raise Broken("the answer is no HTTP: a chunk has no size")
        return int(size[1], 16)

    def _trailers(self) -> None:
        for _ in range(128):
            if not self._line():
                return
        raise Broken("the answer has too many trailers")


def _parsed(head: bytes) -> tuple[int, dict[str, str], bytes]:
    start, *lines = head.split(b"\r\n")
    found = _START.fullmatch(start)
    if found is None:
        raise Broken("the answer is no HTTP")
    headers: dict[str, str] = {}
    for line in lines:
        key, colon, text = line.decode("utf-8", "surrogateescape").partition(":")
        name, value = key.lower(), text.strip(" \t")
        if not colon or not _NAME.fullmatch(name) or "\n" in value or "\r" in value or "\0" in value:
            raise Broken("the answer is no HTTP: a field is malformed")
        before = headers.get(name)
        if before is not None:
            # RFC 9110, 5.3
            value = f"{before}, {value}"
        headers[name] = value
    return int(found[2]), headers, found[1]


_remembered = lru_cache(256)(_parsed)
