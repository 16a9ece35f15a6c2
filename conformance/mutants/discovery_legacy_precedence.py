"""The older document is asked for first, and believed."""

from msgspec.structs import replace

from meshsim.departure import Departure

AREA = "discovery"
BREAKS = (
    "OCM-DISC-003",
    "OCM-SHARE-006",
)
SEEN = ("FB-006",)


def build() -> Departure:
    """What came first historically comes first."""

    def profile(kept):
        tried = ("/ocm-provider", *(path for path in kept.dialect.discovery_tried if path != "/ocm-provider"))
        return replace(kept, dialect=replace(kept.dialect, discovery_tried=tried))

    return Departure(profile=profile)
