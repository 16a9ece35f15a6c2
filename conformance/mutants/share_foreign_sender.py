"""Whoever signs may send shares in the name of any server."""

from conformance.mutants._parts import serves
from meshsim.departure import Departure
from meshsim.policies import Proof
from meshsim.site.gate import Gate

AREA = "signature"
BREAKS = ("OCM-SIG-077", "OCM-SIG-012", "OCM-SIG-014", "OCM-SEC-001")
SEEN = ("FB-138",)


class Open(Gate):
    """Verifies nothing."""

    async def _signer(self, request, claimed, signing):
        return Proof(claimed, self.site.key.public)


def build() -> Departure:
    """The signature is not looked at."""
    return serves(gate=Open)
