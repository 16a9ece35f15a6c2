"""A refresh token is given out."""

from conformance.mutants._parts import answers, document
from meshsim.departure import Departure

AREA = "token"
BREAKS = ("OCM-TOK-015",)
SEEN = ("wire.md 4: the text of 1.2",)


def build() -> Departure:
    """Beside the token."""

    def change(request, response):
        return (
            document(response, lambda d: d.update(refresh_token="r-0123456789"))
            if response.status == 200
            else None
        )

    return answers("/ocm/token", change)
