"""The name of a share becomes a path at its sender."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.site.opening import Opening

AREA = "share"
BREAKS = ("OCM-ACC-011",)
SEEN = ("FB-041",)


class Careless(Opening):
    """The name is part of the URL."""

    def _url(self, peer, share, path, legacy):
        return super()._url(
            peer, share, f"{share.name}/{path}" if share.resource_type == "file" else path, legacy
        )


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(opening=Careless)
