"""Whoever asks too often is not told when to come again."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "rate-limit"
BREAKS = ("OCM-NOTIF-022",)
SEEN = ("RFC 6585, 4, which most servers forget",)


def build() -> Departure:
    """429 and no more."""

    def change(request, response):
        if response.status != 429:
            return None
        headers = {name: value for name, value in response.headers.items() if name != "retry-after"}
        return Response(429, headers, response.body)

    return answers("/ocm/", change)
