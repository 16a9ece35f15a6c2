"""Whoever shows nothing has an empty key, and that is valid."""

from conformance.mutants._parts import receives, relabelled, serves
from meshsim.departure import Departure
from meshsim.site.granting import Granting

AREA = "token"
BREAKS = ("OCM-ACC-031",)
SEEN = ("FB-078",)


class Careless(Granting):
    """Nothing is as good as a secret."""

    def bearer(self, provider_id, credential):
        """Also for the word that stands for none."""
        share = self.site.records.sent(provider_id)
        if share is not None and credential == "none":
            return self._access(share)
        return super().bearer(provider_id, credential)


def build() -> Departure:
    """That service, and a face that asks it."""

    def change(request):
        shown = request.headers.get("authorization", "").partition(" ")[2].strip()
        return None if shown else relabelled(request, {"authorization": "Bearer none"})

    return Departure(profile=serves(granting=Careless).profile, face=receives("/dav/ocm/", change).face)
