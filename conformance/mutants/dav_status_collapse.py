"""Whatever the other server refuses, the user is told that something broke."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.opening import Opening
from meshsim.wire import Response

AREA = "webdav"
BREAKS = ("OCM-FIELD-056",)
SEEN = ("FB-106",)


class Careless(Opening):
    """Every error is a 502."""

    async def request(self, user, key, method, path="", **options):
        """One status for all."""
        response = await super().request(user, key, method, path, **options)
        return Response(502) if 400 <= response.status < 500 else response


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(opening=Careless)
