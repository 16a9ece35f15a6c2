"""must-use-http-sig is advertised, and unsigned requests are taken."""

from msgspec.structs import replace

from meshsim import plugins
from meshsim.departure import Departure

AREA = "trust"
BREAKS = ("OCM-SIG-014",)
SEEN = ("FB-014",)


def build() -> Departure:
    """The criterion stays, and the policy admits all."""

    def profile(kept):
        if "must-use-http-sig" not in kept.criteria:
            return kept
        return replace(kept, policy=plugins.load("policies", "open")(), unsigned_tokens=True)

    return Departure(profile=profile)
