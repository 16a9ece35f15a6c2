"""Destination is decoded twice."""

from urllib.parse import unquote

from conformance.mutants._parts import receives, relabelled
from meshsim.departure import Departure

AREA = "webdav"
BREAKS = ("OCM-DAV-007", "OCM-SHARE-070")
SEEN = ("FB-097",)


def build() -> Departure:
    """Once by a proxy, once here."""

    def change(request):
        there = request.headers.get("destination")
        return relabelled(request, {"destination": unquote(there)}) if there else None

    return receives("/dav/ocm/", change)
