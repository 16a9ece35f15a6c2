"""The entity tag is another in the property than in the header."""

import re

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response, octets

AREA = "webdav"
BREAKS = ("OCM-DAV-012",)
SEEN = ("FB-102",)


def build() -> Departure:
    """It is computed in two ways."""

    def change(request, response):
        if response.status != 207:
            return None
        body = re.sub(rb"(getetag>)(&quot;|\")", rb"\1\2x", octets(response.body))
        headers = {**response.headers, "content-length": str(len(body))}
        return Response(response.status, headers, body)

    return answers("/dav/ocm/", change)
