"""A signature that cannot be verified counts as none, and that is taken."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.ocm.errors import Unauthenticated
from meshsim.ocm.signatures import SignatureError
from meshsim.site.gate import Gate

AREA = "signature"
BREAKS = ("OCM-SIG-012",)
SEEN = ("FB-085",)


class Careless(Gate):
    """Another dialect, it is thought."""

    async def _signer(self, request, claimed, signing):
        try:
            return await super()._signer(request, claimed, signing)
        except (SignatureError, Unauthenticated):
            return None


def build() -> Departure:
    """That service instead of the site's own."""
    return serves(gate=Careless)
