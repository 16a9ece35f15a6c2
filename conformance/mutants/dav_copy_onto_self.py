"""What is moved onto itself is gone."""

from conformance.mutants._parts import relabelled
from meshsim.departure import Departure
from meshsim.wire import Request, Response

AREA = "webdav"
BREAKS = ("OCM-DAV-008",)
SEEN = ("FB-098",)


def build() -> Departure:
    """First the target is removed, then the source is looked for."""

    def face(handler):
        async def handle(request):
            if request.method in ("MOVE", "COPY") and request.headers.get("destination") == request.url:
                plain = relabelled(request, {"destination": None})
                await handler(Request("DELETE", plain.url, plain.headers, b"", plain.remote))
                return Response(204)
            return await handler(request)

        return handle

    return Departure(face=face)
