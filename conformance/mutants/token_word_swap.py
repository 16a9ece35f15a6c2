"""The kind of token has another name."""

from conformance.mutants._parts import answers, document
from meshsim.departure import Departure

AREA = "token"
BREAKS = ("OCM-TOK-012",)
SEEN = ("FB-075",)


def build() -> Departure:
    """JWT."""

    def change(request, response):
        return document(response, lambda d: d.update(token_type="JWT")) if response.status == 200 else None

    return answers("/ocm/token", change)
