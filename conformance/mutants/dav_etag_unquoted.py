"""Entity tags have no quotes."""

import re

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response, octets

AREA = "webdav"
BREAKS = ("OCM-HTTP-001",)
SEEN = ("FB-099",)


def build() -> Departure:
    """Neither in the header nor in the property."""

    def change(request, response):
        headers = {**response.headers}
        if "etag" in headers:
            headers["etag"] = headers["etag"].strip('"')
        body = response.body
        if response.status == 207:
            body = re.sub(rb"(getetag>)(?:&quot;|\")?(.*?)(?:&quot;|\")?(</)", rb"\1\2\3", octets(body))
        return Response(response.status, headers, body)

    return answers("/dav/ocm/", change)
