"""httpx over the fabric: any httpx client reaches any simulated site by its URL.

The values of one world become those of the other here, in both directions; `guests` does the same
for applications that listen.
"""

import math
from contextvars import ContextVar
from typing import Protocol

import httpx

from meshsim.network.fabric import Fabric
from meshsim.network.kernel import Work
from meshsim.wire import NetworkError, Request, Response, octets


class Guest(Protocol):
    """A guest application whose code makes the call; its requests wait in virtual time."""

    def call(self, work: Work[Response]) -> Response:
        """Have the kernel carry out `work`, and return its result."""
        ...


INSIDE: ContextVar[Guest | None] = ContextVar("meshsim_guest", default=None)
"""The guest application this code belongs to, if any."""


class MeshTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """For `httpx.Client` and `httpx.AsyncClient` alike; `source` is the host that calls.

    Virtual time runs until the answer is there. The client's read timeout counts in virtual time;
    without one, an answer that was lost ends the run with Deadlock.
    """

    def __init__(self, fabric: Fabric, source: str) -> None:
        self._fabric = fabric
        self._source = source

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The peer's answer, or httpx.ConnectError, ReadTimeout or ReadError."""
        return self._exchange(request, request.read())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The same; never gives way to other asyncio tasks once the request's body is read."""
        return self._exchange(request, await request.aread())

    def _exchange(self, request: httpx.Request, body: bytes) -> httpx.Response:
        limit = request.extensions.get("timeout", {}).get("read")
        work = self._fabric.port(self._source).send(
            Request(request.method, str(request.url), dict(request.headers), body),
            math.inf if limit is None else limit,
        )
        guest = INSIDE.get()
        try:
            if guest is not None:
                response = guest.call(work)
            else:
                response = self._fabric.kernel.run(work, self._fabric.hosts.get(self._source).life)
        except NetworkError as error:
            raise _translated(error)(error.reason, request=request) from error
        return httpx.Response(
            response.status,
            headers=raw(response),
            stream=httpx.ByteStream(octets(response.body)),
            request=request,
        )


def raw(message: Request | Response) -> list[tuple[bytes, bytes]]:
    """Headers as octets; what is not a character at all becomes "?"."""
    headers = message.headers.items()
    return [(name.encode("utf-8", "replace"), value.encode("utf-8", "replace")) for name, value in headers]


def _translated(error: NetworkError) -> type[httpx.TransportError]:
    if not error.sent:
        return httpx.ConnectError
    return httpx.ReadTimeout if error.reason == "timeout" else httpx.ReadError
