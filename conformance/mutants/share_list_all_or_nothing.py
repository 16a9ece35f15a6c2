"""One share that cannot be opened hides all."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.ocm.errors import LocalError
from meshsim.site.opening import Opening
from meshsim.site.receiving import Receiving

AREA = "share"
BREAKS = ("OCM-FIELD-054",)
SEEN = ("FB-048",)


class Watching(Opening):
    """What failed is remembered."""

    async def request(self, user, key, method, path="", **options):
        """As it is."""
        response = await super().request(user, key, method, path, **options)
        if response.status >= 500:
            self.site.receiving.broken = True
        return response


class Careless(Receiving):
    """All or nothing."""

    broken = False

    def shares(self, user, groups=()):
        """Nothing, as soon as one is broken."""
        if self.broken:
            raise LocalError("a share cannot be reached")
        return super().shares(user, groups)


def build() -> Departure:
    """These services instead of the site's own."""
    return serves(opening=Watching, receiving=Careless)
