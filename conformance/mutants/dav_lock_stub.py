"""Locks are given out and mean nothing."""

from conformance.mutants._parts import relabelled
from meshsim.departure import Departure
from meshsim.wire import Request

AREA = "webdav"
BREAKS = ("OCM-DAV-004",)
SEEN = ("FB-095",)


def build() -> Departure:
    """Each is taken away again at once."""

    def face(handler):
        async def handle(request):
            response = await handler(request)
            if request.method == "LOCK" and response.status in (200, 201):
                headers = {"lock-token": response.headers["lock-token"], "if": None, "timeout": None}
                plain = relabelled(request, headers)
                await handler(Request("UNLOCK", plain.url, plain.headers, b"", plain.remote))
            return response

        return handle

    return Departure(face=face)
