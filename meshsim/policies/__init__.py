"""Who may do what at a site: pure functions of facts gathered before they are asked.

A plug-in offers `build(**options) -> Policy`. The first refusal wins.
"""

from collections.abc import Callable

import msgspec


class Facts(msgspec.Struct, frozen=True, gc=False):
    """What is known of a request when it is judged."""

    endpoint: str
    """"shares", "invite-accepted", "notifications", "token" or "register"; "call" if we are to call it."""
    peer: str
    """The host the request claims to come from, or goes to."""
    remote: str
    """The address it was seen to come from."""
    signer: str | None
    """The host whose key verified the request, if one did."""
    invited: bool
    """Whether sender and recipient have exchanged an invite."""
    now: float


class Decision(msgspec.Struct, frozen=True, gc=False):
    """Admitted, or refused with the status and the reason for it."""

    admit: bool
    status: int = 200
    reason: str = ""
    retry_after: int | None = None


ADMIT = Decision(True)

Policy = Callable[[Facts], Decision]


def every(*policies: Policy) -> Policy:
    """Admits what all of them admit; the first refusal is the answer."""

    def decide(facts: Facts) -> Decision:
        for policy in policies:
            decision = policy(facts)
            if not decision.admit:
                return decision
        return ADMIT

    return decide


def some(*policies: Policy) -> Policy:
    """Admits what one of them admits; the last refusal is the answer."""

    def decide(facts: Facts) -> Decision:
        decision = Decision(False, 403, "no policy admits this")
        for policy in policies:
            decision = policy(facts)
            if decision.admit:
                return decision
        return decision

    return decide
