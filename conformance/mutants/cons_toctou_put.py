"""Between the condition of a write and the write somebody else writes."""

from conformance.mutants._parts import receives, relabelled
from meshsim.departure import Departure

AREA = "consistency"
BREAKS = ("OCM-HTTP-002",)
SEEN = ("FB-117",)


def build() -> Departure:
    """If-Match was true when it was read."""

    def change(request):
        return relabelled(request, {"if-match": None})

    return receives("/dav/ocm/", change)
