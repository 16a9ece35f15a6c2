"""An empty token meets an invite that has none."""

from conformance.mutants._parts import receives
from meshsim.departure import Departure
from meshsim.wire import Response, octets

AREA = "security"
BREAKS = ("OCM-INV-051",)
SEEN = ("FB-132",)
TOLD = b'{"userID": "alice", "email": "", "name": "Alice"}'


def build() -> Departure:
    """Empty is equal to empty."""

    def change(request):
        return (
            Response(200, {"content-type": "application/json"}, TOLD)
            if b'"token": ""' in octets(request.body)
            else None
        )

    return receives("/ocm/invite-accepted", change)
