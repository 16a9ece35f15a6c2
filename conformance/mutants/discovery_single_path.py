"""Only the old path of discovery is asked."""

from msgspec.structs import replace

from meshsim.departure import Departure

AREA = "discovery"
BREAKS = ("OCM-INV-003", "OCM-INV-010", "OCM-INV-070")
SEEN = ("FB-001",)


def build() -> Departure:
    """A peer that has the new one alone is not found."""
    return Departure(
        profile=lambda kept: replace(kept, dialect=replace(kept.dialect, discovery_tried=("/ocm-provider",)))
    )
