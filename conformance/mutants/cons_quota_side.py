"""A full disk at the owner is an error of the server here."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.opening import Opening
from meshsim.wire import Response

AREA = "consistency"
BREAKS = ("OCM-FIELD-056",)
SEEN = ("FB-119",)


class Careless(Opening):
    """507 becomes 500."""

    async def request(self, user, key, method, path="", **options):
        """Nobody thought of it."""
        response = await super().request(user, key, method, path, **options)
        return Response(500) if response.status == 507 else response


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(opening=Careless)
