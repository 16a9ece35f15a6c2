"""The answer to an acceptance has no email."""

from conformance.mutants._parts import answers, document
from meshsim.departure import Departure

AREA = "invite"
BREAKS = ("OCM-INV-042",)
SEEN = ("FB-027",)


def build() -> Departure:
    """The member is missing."""

    def change(request, response):
        return document(response, lambda d: d.pop("email", None) and None) if response.status == 200 else None

    return answers("/ocm/invite-accepted", change)
