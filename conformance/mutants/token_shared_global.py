"""Any credential of the site opens any share."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.granting import Granting

AREA = "token"
BREAKS = ("OCM-ACC-034",)
SEEN = ("FB-077",)


class Careless(Granting):
    """Which share it was made for is forgotten."""

    def bearer(self, provider_id: str, credential: str):
        share = self.site.records.sent(provider_id)
        other = self.site.records.sent_with_secret(credential)
        if share is not None and (other is not None or self._token_share(credential)):
            return self._access(share)
        return super().bearer(provider_id, credential)


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(granting=Careless)
