"""Answers with tokens may be cached."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "token"
BREAKS = ("OCM-TOK-044",)
SEEN = ("proxies that keep what is not forbidden",)


def build() -> Departure:
    """For a minute."""

    def change(request, response):
        return Response(response.status, {**response.headers, "cache-control": "max-age=60"}, response.body)

    return answers("/ocm/token", change)
