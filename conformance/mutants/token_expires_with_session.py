"""The secret of a share ends with a session after a day."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.ocm.errors import Unauthenticated
from meshsim.site.granting import Granting

AREA = "token"
BREAKS = ("OCM-ACC-030",)
SEEN = ("FB-070",)


class Careless(Granting):
    """Nobody renews it."""

    def bearer(self, provider_id, credential):
        """A day long."""
        share = self.site.records.sent(provider_id)
        if share is not None and self.site.now() > share.created + 86400:
            raise Unauthenticated("the session is over")
        return super().bearer(provider_id, credential)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(granting=Careless)
