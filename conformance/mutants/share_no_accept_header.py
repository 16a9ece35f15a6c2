"""Discovery does not say that it wants JSON."""

from conformance.mutants._parts import calls, relabelled
from meshsim.departure import Departure

AREA = "share"
BREAKS = ("OCM-HTTP-006",)
SEEN = ("FB-047",)


def build() -> Departure:
    """Accept is left out."""

    def change(request):
        return relabelled(request, {"accept": None})

    return calls(change)
