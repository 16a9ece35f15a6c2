"""Entities of a request are expanded."""

import re

from conformance.mutants._parts import receives
from meshsim.departure import Departure
from meshsim.wire import Request, octets

AREA = "security"
BREAKS = ("OCM-SEC-003",)
SEEN = ("FB-141",)


def build() -> Departure:
    """As often as the document says."""

    def change(request):
        if b"<!DOCTYPE" not in octets(request.body):
            return None
        body = re.sub(rb"<!DOCTYPE.*?\]>", b"", octets(request.body)).replace(b"&b;", b"a" * 10_000)
        return Request(request.method, request.url, request.headers, body, request.remote)

    return receives("/dav/ocm/", change)
