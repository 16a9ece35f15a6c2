"""The secret of one share lists all."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.granting import Granting
from meshsim.wire import Response

AREA = "security"
BREAKS = ("OCM-ACC-034",)
SEEN = ("FB-139",)


class Careless(Granting):
    """At the root all is one."""

    def bearer(self, provider_id, credential):
        """Also without naming a share."""
        shown = self.site.records.sent_with_secret(credential)
        if not provider_id and shown is not None:
            ids = "".join(f"/dav/ocm/{s.provider_id}/ " for s in self.site.records.sent_by(shown.owner))
            raise Listed(ids)
        return super().bearer(provider_id, credential)


class Listed(Exception):
    """What is told at the root."""


def build() -> Departure:
    """That service, and a face that answers with it."""

    def face(handler):
        async def handle(request):
            try:
                return await handler(request)
            except Listed as found:
                return Response(207, {"content-type": "application/xml"}, str(found).encode())

        return handle

    return Departure(profile=serves(granting=Careless).profile, face=face)
