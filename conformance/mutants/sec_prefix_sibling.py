"""Whether a path is inside a share is told by how it begins."""

import posixpath
from urllib.parse import unquote

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.granting import Granting
from meshsim.wire import Response, octets

AREA = "security"
BREAKS = ("OCM-ACC-036",)
SEEN = ("FB-140",)


class Outside(Exception):
    """What lies beside the share, and begins alike."""


class Careless(Granting):
    """Paths are texts."""

    asked = ""

    def bearer(self, provider_id, credential):
        """The share, or what its name is the beginning of."""
        access = super().bearer(provider_id, credential)
        inside = unquote(Careless.asked).partition(provider_id)[2]
        place = posixpath.normpath(access.root + inside)
        if ".." in inside and place.startswith(access.root) and not place.startswith(f"{access.root}/"):
            raise Outside(octets(self.site.ports.storage.read(place)).decode())
        return access


def build() -> Departure:
    """That service, and a face that tells it the path."""

    def face(handler):
        async def handle(request):
            Careless.asked = request.target.path
            try:
                return await handler(request)
            except Outside as found:
                return Response(200, {}, str(found).encode())

        return handle

    return Departure(profile=serves(granting=Careless).profile, face=face)
