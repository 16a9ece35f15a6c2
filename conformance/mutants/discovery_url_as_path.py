"""The WebDAV root is published as a URL, and not as a path."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "discovery"
BREAKS = ("OCM-DISC-023",)
SEEN = ("FB-004",)


def build() -> Departure:
    """In each resource type."""

    def change(document):
        for entry in document["resourceTypes"]:
            entry["protocols"]["webdav"] = "https://site.example.org" + entry["protocols"]["webdav"]

    return says("discovery", change)
