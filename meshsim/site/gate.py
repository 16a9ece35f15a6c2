"""Who is asking, and may they: policy and signatures, for every request of a peer."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from meshsim.dialects import Signing
from meshsim.ocm.errors import (
    Forbidden,
    KeyMissing,
    PeerError,
    RemoteError,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from meshsim.policies import (
    Addresses,
    Decision,
    Every,
    Facts,
    Forwarded,
    Invited,
    Member,
    Need,
    PairKey,
    Pinned,
    Proof,
    ReverseNames,
    Room,
    Signer,
    judge,
)
from meshsim.site.limiter import Limiter, caller
from meshsim.site.peers import Barred, Nowhere
from meshsim.site.records import Pin, drop_pin
from meshsim.wire import NetworkError, Request

if TYPE_CHECKING:
    from meshsim.site.site import Site

MUST_EXCHANGE, MUST_INVITE = "must-exchange-token", "must-invite"
"""Criteria that the services themselves look at; the policy knows the rest."""

MOST_NAMES = 10_000
"""Names and addresses of which it is remembered what they lead to."""

NOTHING = Every()
SIGNER, PINNED = Signer(), Pinned()


def never() -> bool:
    """Where invites do not matter."""
    return False


class Gate:
    """Lets a request in or raises the refusal."""

    __slots__ = ("_limiters", "_looked_up", "open", "site")

    def __init__(self, site: "Site") -> None:
        self.site = site
        self.open = site.profile.policy == NOTHING
        """Whether there is no policy to ask."""
        self._looked_up: dict[tuple[type[Need[Any]], str], tuple[float, tuple[str, ...]]] = {}
        self._limiters: dict[tuple[str, Room], Limiter] = {}

    async def admit(
        self, request: Request, endpoint: str, claimed: str, *, invited: Callable[[], bool] = never
    ) -> str | None:
        """Who proved to have sent it, or None if that is not known; `claimed` is who it says it is from.

        The policy is asked first, so that a signature is checked only for who may come this far; a
        signature that is there is checked in any case. 401 if who asks is not proven, 403 if they may
        not, 429 if they ask too often, 501 if OCM is switched off, 503 if it cannot be told just now.
        """
        site = self.site
        profile = site.profile
        if not profile.enabled:
            raise Unsupported(f"OCM is switched off at {site.host}")
        if claimed == site.host:
            raise Unauthenticated(f"{site.host} sends nothing to itself")
        signing = profile.dialect.signing
        known = {} if self.open else await self._known(request, endpoint, claimed, invited)
        if known and SIGNER in known:
            proof: Proof | None = known[SIGNER]
        else:
            proof = None if signing is None else await self._signer(request, claimed, signing)
        if proof is None:
            # The draft has no unsigned exchange (OCM-TOK-003), whatever the criteria say.
            if endpoint == "token" and not profile.unsigned_tokens and signing is not None:
                raise Unauthenticated("token requests must be signed")
            return None
        if known and known.get(PINNED) == "":
            site.records.commit([Pin(claimed, proof.key.thumbprint(), site.now()).put()])
        return proof.host

    async def _known(
        self, request: Request, endpoint: str, claimed: str, invited: Callable[[], bool]
    ) -> dict[Need[Any], Any]:
        """What was found out for the policy, which admits the request; RemoteError if it does not."""
        known: dict[Need[Any], Any] = {}
        facts = Facts(endpoint, claimed, request.remote, self.site.now(), known)
        decision = await self._judge(request, facts, known, invited)
        if not decision.admit:
            raise RemoteError(decision.reason, status=decision.status, retry_after=decision.retry_after)
        return known

    async def _judge(
        self, request: Request, facts: Facts, known: dict[Need[Any], Any], invited: Callable[[], bool]
    ) -> Decision:
        steps = judge(self.site.profile.policy)
        try:
            needs = next(steps)
            while True:
                for need in needs:
                    if need not in known:
                        known[need] = await self._find(need, request, facts, invited)
                needs = steps.send(facts)
        except StopIteration as end:
            decision: Decision = end.value
            return decision

    async def _find(
        self, need: Need[Any], request: Request, facts: Facts, invited: Callable[[], bool]
    ) -> object:
        site = self.site
        match need:
            case Signer():
                signing = site.profile.dialect.signing
                return None if signing is None else await self._signer(request, facts.peer, signing)
            case Invited():
                return invited()
            case Member():
                return await site.listing.member(facts.peer)
            case Pinned():
                pin = site.records.pin(facts.peer)
                return "" if pin is None else pin.key
            case PairKey():
                return await site.pairing.holds(request, facts.peer, central=need.central)
            case ReverseNames():
                return await self._look_up(need, facts.remote, site.ports.names.names)
            case Addresses():
                return await self._look_up(need, facts.peer, site.ports.names.addresses)
            case Forwarded():
                return request.headers.get("x-forwarded-for", "")
            case Room():
                limiter = self._limiters.get((facts.endpoint, need))
                if limiter is None:
                    limiter = Limiter(need.rate, need.burst, need.spare)
                    self._limiters[facts.endpoint, need] = limiter
                return limiter.take(caller(facts.remote), facts.now)
        raise TypeError(f"nobody knows how to find {need!r}")

    async def _look_up(
        self, need: ReverseNames | Addresses, of: str, ask: Callable[[str], Awaitable[tuple[str, ...]]]
    ) -> tuple[str, ...] | None:
        """What the name service answers, now or a while ago; None without an answer."""
        now, kept, key = self.site.now(), self._looked_up, (type(need), of)
        asked, found = kept.get(key, (0.0, ()))
        if found and now - asked < need.lifetime:
            return found
        try:
            found = await ask(of)
        except NetworkError:
            return None
        # What has none may have one soon.
        if found:
            kept.pop(key, None)
            if len(kept) >= MOST_NAMES:
                del kept[next(iter(kept))]
            kept[key] = (now, found)
        return found

    def unpin(self, host: str) -> None:
        """The operator lets a server come with another key."""
        self.site.records.commit([drop_pin(host)])

    async def _signer(self, request: Request, claimed: str, signing: Signing) -> Proof | None:
        """The host that proved to have sent this, or None if it is unsigned. Raises if the proof fails."""
        site = self.site
        found = signing.signed(request.headers)
        try:
            peer = site.peers.at_hand(claimed) or await site.peers.discover_claimed(claimed)
            if found is None:
                # A server that signs signs always (OCM-SIG-010): without a signature it was not that server.
                if peer.checks:
                    raise Unauthenticated(f"{claimed} signs its requests, and this one is not signed")
                return None
            key = peer.keys.find(found.keyid) or await site.peers.key(peer, found.keyid)
        except Barred as error:
            raise Forbidden(error.message) from error
        except PeerError as error:
            refusal = KeyMissing if error.certain or isinstance(error, Nowhere) else Unavailable
            raise refusal(f"who sent this cannot be checked: {error.message}") from error
        found.verify(request, key, site.now())
        return Proof(claimed, key)
