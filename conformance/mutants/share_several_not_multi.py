"""Two protocols are offered under the name of one."""

from conformance.mutants._parts import says
from meshsim.departure import Departure

AREA = "share"
BREAKS = ("OCM-SHARE-052",)
SEEN = ("wire.md 8, 6",)


def build() -> Departure:
    """name is webdav."""

    def change(document):
        document["protocol"]["name"] = "webdav"
        document["protocol"]["ssh"] = {"uri": "alice@site.example.org:22/x"}

    return says("share", change)
