"""Who is asking, and may they: signatures and policy, for every request of a peer."""

from typing import TYPE_CHECKING

from meshsim.dialects import Signing
from meshsim.ocm.errors import Forbidden, PeerError, RemoteError, Unauthenticated, Unavailable, Unsupported
from meshsim.policies import Facts
from meshsim.site.peers import Barred
from meshsim.wire import Request

if TYPE_CHECKING:
    from meshsim.site.site import Site

MUST_EXCHANGE, MUST_INVITE = "must-exchange-token", "must-invite"
"""Criteria that the services themselves look at; the policy knows the rest."""


class Gate:
    """Lets a request in or raises the refusal."""

    __slots__ = ("site",)

    def __init__(self, site: "Site") -> None:
        self.site = site

    async def admit(
        self, request: Request, endpoint: str, claimed: str, *, invited: bool = False
    ) -> str | None:
        """Who proved to have sent it, or None if that is not known; `claimed` is who it says it is from.

        401 if who asks is not proven, 403 if they may not, 501 if OCM is switched off.
        """
        site = self.site
        if not site.profile.enabled:
            raise Unsupported(f"OCM is switched off at {site.host}")
        if claimed == site.host:
            raise Unauthenticated(f"{site.host} sends nothing to itself")
        profile = site.profile
        signing = profile.dialect.signing
        signer = None if signing is None else await self._signer(request, claimed, signing)
        # The draft has no unsigned exchange (OCM-TOK-003), whatever the criteria say.
        must_sign = endpoint == "token" and not profile.unsigned_tokens and signing is not None
        if signer is None and must_sign:
            raise Unauthenticated("token requests must be signed")
        facts = Facts(endpoint, claimed, request.remote, signer, invited, site.now())
        decision = site.profile.policy(facts)
        if not decision.admit:
            raise RemoteError(decision.reason, status=decision.status, retry_after=decision.retry_after)
        return signer

    async def _signer(self, request: Request, claimed: str, signing: Signing) -> str | None:
        """The host that proved to have sent this, or None if it is unsigned. Raises if the proof fails."""
        site = self.site
        found = signing.signed(request.headers)
        try:
            peer = site.peers.at_hand(claimed) or await site.peers.discover_claimed(claimed)
            if found is None:
                # A server that signs signs always (OCM-SIG-010): without a signature it was not that server.
                if signing.peer_checks(peer.document):
                    raise Unauthenticated(f"{claimed} signs its requests, and this one is not signed")
                return None
            key = site.peers.key_at_hand(peer, found.keyid) or await site.peers.key(peer, found.keyid)
        except Barred as error:
            raise Forbidden(error.message) from error
        except PeerError as error:
            refusal = Unauthenticated if error.certain else Unavailable
            raise refusal(f"who sent this cannot be checked: {error.message}") from error
        found.verify(request, key, site.now())
        return claimed
