"""Tokens work for ever."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.granting import Granting

AREA = "token"
BREAKS = ("OCM-ACC-033",)
SEEN = ("FB-070",)


class Careless(Granting):
    """The clock is not looked at."""

    def _token_share(self, token: str) -> str | None:
        grant = self.issued.get(token)
        return None if grant is None else grant.share


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(granting=Careless)
