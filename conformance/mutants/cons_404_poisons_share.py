"""One file that is missing makes its share unavailable."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.opening import Opening
from meshsim.wire import Response

AREA = "consistency"
BREAKS = ("OCM-FIELD-053",)
SEEN = ("FB-113",)


class Careless(Opening):
    """A 404 is thought to be about all."""

    async def request(self, user, key, method, path="", **options):
        """Closed from then on."""
        failed = self.__dict__.setdefault("failed", set())
        if key in failed:
            return Response(503)
        response = await super().request(user, key, method, path, **options)
        if response.status == 404 and path:
            failed.add(key)
        return response


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(opening=Careless)
