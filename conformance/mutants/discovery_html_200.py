"""A front controller answers the discovery path with a page and 200."""

from conformance.mutants._parts import answers
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "discovery"
BREAKS = ("OCM-DISC-001", "OCM-ADDR-005")
SEEN = ("FB-002",)


def build() -> Departure:
    """The document never comes out."""
    page = Response(200, {"content-type": "text/html"}, b"<!doctype html><title>Files</title>")
    return answers("/.well-known/ocm", lambda request, response: page)
