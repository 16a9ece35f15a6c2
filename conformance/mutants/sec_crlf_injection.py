"""The name of a share stands in a header, with its line ends."""

import re

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response, octets

AREA = "security"
BREAKS = ("OCM-SEC-002",)
SEEN = ("FB-148",)


def build() -> Departure:
    """Nobody looks at it."""

    def change(request, response):
        match = re.search(rb"\\r\\n([\w-]+): (\w+)", octets(request.body))
        if match is None:
            return None
        more = {match[1].decode().lower(): match[2].decode()}
        return Response(response.status, {**response.headers, **more}, response.body)

    return answers("/ocm/shares", change)
