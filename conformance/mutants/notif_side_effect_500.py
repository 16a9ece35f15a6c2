"""A share is stored, and then something else goes wrong."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "notification"
BREAKS = ("OCM-SHARE-111",)
SEEN = ("FB-065",)


def build() -> Departure:
    """The notifier throws."""

    def change(request, response):
        return (
            Response(500, response.headers, b'{"message": "internal error"}')
            if response.status == 201
            else None
        )

    return answers("/ocm/shares", change)
