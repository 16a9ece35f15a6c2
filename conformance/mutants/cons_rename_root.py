"""Whoever may write in a share can move all of it away."""

from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "consistency"
BREAKS = ("OCM-DAV-013",)
SEEN = ("FB-116",)


def build() -> Departure:
    """The root is removed as if it were a member."""
    gone = set()

    def face(handler):
        async def handle(request):
            response = await handler(request)
            path = request.target.path.rstrip("/")
            if request.method in ("MOVE", "DELETE") and response.status == 403:
                gone.add(path)
                return Response(204)
            return Response(404) if any(path.startswith(place) for place in gone) else response

        return handle

    return Departure(face=face)
