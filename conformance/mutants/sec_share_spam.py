"""must-invite is advertised, and shares of strangers are taken."""

from msgspec.structs import replace

from meshsim.departure import Departure

AREA = "security"
BREAKS = ("OCM-DISC-052", "OCM-SHARE-119")
SEEN = ("FB-145",)


def build() -> Departure:
    """The criterion stays, and the policy admits all."""
    from meshsim import plugins

    return Departure(profile=lambda kept: replace(kept, policy=plugins.load("policies", "open")()))
