"""One file that is missing makes its share unavailable."""

from conformance.mutants._parts import closes
from meshsim.departure import Departure

AREA = "consistency"
BREAKS = ("OCM-FIELD-053",)
SEEN = ("FB-113",)


def build() -> Departure:
    """Closed from then on."""
    return closes(lambda path, response: response.status == 404 and path != "")
