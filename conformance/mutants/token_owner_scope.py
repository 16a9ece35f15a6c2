"""The secret of a share opens all that its owner has."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.granting import Granting

AREA = "token"
BREAKS = (
    "OCM-ACC-034",
    "OCM-ACC-036",
)
SEEN = ("FB-069",)


class Careless(Granting):
    """The home, and not the place in it."""

    def bearer(self, provider_id, credential):
        """Whoever has any secret of an owner reads all shares of that owner."""
        asked, shown = self.site.records.sent(provider_id), self.site.records.sent_with_secret(credential)
        if asked is not None and shown is not None and asked.owner == shown.owner:
            return self._access(asked)
        return super().bearer(provider_id, credential)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(granting=Careless)
