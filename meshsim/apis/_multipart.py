"""A posted form with a file in it, read as it arrives: fields first, then the file, never all at once."""

from collections.abc import AsyncIterator
from typing import Any

from meshsim.ocm.errors import OcmError
from meshsim.wire import Body, FileSlice, Request, read

MAX_FIELD = 64 * 1024
MOST_PARTS = 20


class Upload:
    """The fields before the file, the file's name, and its content. Read the fields first."""

    def __init__(self, request: Request) -> None:
        from multipart import PushMultipartParser, parse_options_header

        kind, options = parse_options_header(request.headers.get("content-type", ""))
        if kind != "multipart/form-data" or not options.get("boundary"):
            raise OcmError("the form cannot be read: it is not multipart/form-data")
        self._parser = PushMultipartParser(options["boundary"], max_segment_count=MOST_PARTS, strict=True)
        self._events = self._read(request.body)
        self.fields: dict[str, str] = {}
        self.name = ""

    async def _read(self, body: Body) -> AsyncIterator[Any]:
        from multipart import MultipartError

        try:
            async for chunk in _chunks(body):
                for event in self._parser.parse(chunk):
                    yield event
            self._parser.close()
        except MultipartError as error:
            raise OcmError("the form arrived incomplete or garbled; send it again") from error

    async def start(self) -> None:
        """Read until the file begins, or to the end if there is none; OcmError."""
        name, value = "", b""
        async for event in self._events:
            if event is None:
                self.fields[name] = value.decode(errors="replace")
            elif isinstance(event, bytes | bytearray):
                value += event
                if len(value) > MAX_FIELD:
                    raise OcmError("a field of the form is too long", status=413)
            elif event.filename is not None:
                # Some browsers send the whole path.
                self.name = event.filename.replace("\\", "/").rpartition("/")[2]
                return
            else:
                name, value = event.name, b""

    async def content(self) -> AsyncIterator[bytes]:
        """The file; to be read once, after `start`."""
        async for event in self._events:
            if event is None:
                break
            yield bytes(event)
        # What follows must be well-formed too, or the file may have been cut short.
        async for _ in self._events:
            pass


async def _chunks(body: Body) -> AsyncIterator[bytes]:
    if isinstance(body, FileSlice):
        body = await read(body)
    if isinstance(body, bytes):
        for start in range(0, len(body), 1 << 16):
            yield body[start : start + (1 << 16)]
        return
    async for chunk in body:
        if chunk:
            yield chunk
