"""A share that failed once stays unavailable."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.opening import Opening
from meshsim.wire import Response

AREA = "consistency"
BREAKS = ("OCM-FIELD-051",)
SEEN = ("FB-111",)


class Careless(Opening):
    """Nobody looks again."""

    async def request(self, user, key, method, path="", **options):
        """Remembered for ever."""
        failed = self.__dict__.setdefault("failed", set())
        if key in failed:
            return Response(503)
        response = await super().request(user, key, method, path, **options)
        if response.status >= 500:
            failed.add(key)
        return response


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(opening=Careless)
