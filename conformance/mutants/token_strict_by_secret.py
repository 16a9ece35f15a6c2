"""A strict share is opened by its secret."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.granting import Granting, same

AREA = "token"
BREAKS = ("OCM-ACC-032", "OCM-SHARE-008")
SEEN = ("FB-076",)


class Careless(Granting):
    """must-exchange-token is not enforced."""

    def bearer(self, provider_id: str, credential: str):
        share = self.site.records.sent(provider_id)
        if share is not None and same(credential, share.secret):
            return self._access(share)
        return super().bearer(provider_id, credential)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(granting=Careless)
