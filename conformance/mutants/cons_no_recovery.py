"""A share that failed once stays unavailable."""

from conformance.mutants._parts import closes
from meshsim.departure import Departure

AREA = "consistency"
BREAKS = ("OCM-FIELD-051",)
SEEN = ("FB-111",)


def build() -> Departure:
    """Closed from then on."""
    return closes(lambda path, response: response.status >= 500)
