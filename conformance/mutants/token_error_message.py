"""Errors of the token endpoint have a message, and no error."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "token"
BREAKS = ("OCM-TOK-020", "OCM-TOK-021")
SEEN = ("reva: server_error",)


def build() -> Departure:
    """As everywhere else."""

    def change(request, response):
        if response.status < 400:
            return None
        return Response(response.status, response.headers, b'{"message": "no"}')

    return answers("/ocm/token", change)
