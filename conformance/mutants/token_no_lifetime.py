"""A token does not say how long it lives."""

from conformance.mutants._parts import answers, document
from meshsim.departure import Departure

AREA = "token"
BREAKS = ("OCM-TOK-013",)
SEEN = ("FB-070",)


def build() -> Departure:
    """No expires_in."""

    def change(request, response):
        return document(response, lambda d: d.pop("expires_in") and None) if response.status == 200 else None

    return answers("/ocm/token", change)
