"""A compressed request is unpacked, however large it gets."""

import gzip
import json

from conformance.mutants._parts import receives
from meshsim.departure import Departure
from meshsim.wire import Response, octets

AREA = "security"
BREAKS = ("OCM-SEC-003",)
SEEN = ("FB-147",)


def build() -> Departure:
    """The limit is looked at before."""

    def change(request):
        if request.headers.get("content-encoding") != "gzip":
            return None
        document = json.loads(gzip.decompress(octets(request.body)))
        return Response(
            201,
            {"content-type": "application/json"},
            json.dumps({"recipientDisplayName": document["name"]}).encode(),
        )

    return receives("/ocm/", change)
