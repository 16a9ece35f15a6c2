"""Each caller may ask so often, whatever others do, and all together what is spare (never WebDAV).

Callers are told apart by address: a name can be made up. Written first, it refuses before anything costly is
done for a request.
"""

from collections.abc import Collection
from math import ceil

from meshsim.policies import ADMIT, Decision, Facts, Policy, Room, Rule

ENDPOINTS = ("shares", "invite-accepted", "notifications", "token", "register")


def build(
    per_minute: float = 60.0, burst: int = 10, spare: float = 60.0, endpoints: Collection[str] = ENDPOINTS
) -> Policy:
    """`per_minute` is each caller's at each endpoint, `burst` of it at once; `spare` a minute is for all."""
    if per_minute <= 0 or burst < 1 or spare < 0:
        raise ValueError("a rate is above 0 a minute, its burst at least 1 and what is spare not below 0")
    unknown = sorted(set(endpoints) - set(ENDPOINTS))
    if unknown:
        raise ValueError(f"no endpoint: {', '.join(unknown)}; there are: {', '.join(ENDPOINTS)}")
    room, limited = Room(per_minute / 60, burst, spare / 60), frozenset(endpoints)

    def decide(facts: Facts) -> Decision:
        if facts.endpoint not in limited:
            return ADMIT
        wait = facts[room]
        if wait <= 0:
            return ADMIT
        return Decision(False, 429, "too many requests", max(1, ceil(wait)))

    return Rule(decide, (room,))
