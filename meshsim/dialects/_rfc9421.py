"""HTTP Message Signatures as a way of signing for dialects (draft section 6)."""

from meshsim.dialects import Document, Signing, _legacy
from meshsim.ocm.signatures import sign, tagged


def _peer_checks(document: Document) -> bool:
    capabilities = document.get("capabilities")
    return isinstance(capabilities, list) and "http-sig" in capabilities


def _infers_alg(document: Document) -> bool:
    """Until 1.4 the examples had none, and so had servers (wire.md section 8, 28)."""
    return _legacy.version(document) < (1, 5)


SIGNING = Signing(
    algorithm=None,
    sign=sign,
    signed=tagged,
    peer_checks=_peer_checks,
    publish=lambda key: {},
    find_key=None,
    infers_alg=_infers_alg,
)
