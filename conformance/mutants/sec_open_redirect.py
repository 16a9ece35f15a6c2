"""The dialog for invites sends its reader wherever the link says."""

from urllib.parse import parse_qs

from conformance.mutants._parts import receives
from meshsim.departure import Departure
from meshsim.wire import Response

AREA = "security"
BREAKS = ("OCM-SEC-002",)
SEEN = ("FB-143",)


def build() -> Departure:
    """The provider in the query is believed."""

    def change(request):
        provider = parse_qs(request.target.query).get("providerDomain", [""])[0]
        where = provider if provider.startswith("http") else f"https://{provider.strip('/')}/"
        return Response(302, {"location": where})

    return receives("/accept-invite", change)
