"""HTTP Message Signatures as a way of signing for dialects (draft section 6)."""

from meshsim.dialects import Document, Signing
from meshsim.ocm.keys import PrivateKey
from meshsim.ocm.signatures import sign, tagged
from meshsim.wire import Request


def _sign(request: Request, key: PrivateKey, now: float) -> Request:
    return sign(request, key, int(now))


def _peer_checks(document: Document) -> bool:
    capabilities = document.get("capabilities")
    return isinstance(capabilities, list) and "http-sig" in capabilities


SIGNING = Signing(
    algorithm=None,
    sign=_sign,
    signed=tagged,
    peer_checks=_peer_checks,
    publish=lambda key: {},
    find_key=None,
)
