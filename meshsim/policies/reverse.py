"""The caller's address must have the name of the server it says it is.

A name that only the owner of the address vouches for proves nothing, so the name has to lead back to the
address (forward-confirmed reverse DNS, RFC 8601, 2.7.3).
"""

from meshsim.policies import ADMIT, Addresses, Decision, Facts, Policy, ReverseNames, Rule
from meshsim.wire import hostname

LATER = 30
"""Seconds until a name service that gave no answer may be worth another try."""


def build(confirm: bool = True, lifetime: float = 300.0) -> Policy:
    """`confirm` looks the name up again; `lifetime` is how long, in seconds, an answer is believed."""
    names, addresses = ReverseNames(lifetime), Addresses(lifetime)

    def decide(facts: Facts) -> Decision:
        found = facts[names]
        back: tuple[str, ...] | None = facts[addresses] if confirm else (facts.remote,)
        if found is None or back is None:
            return Decision(False, 503, "the name service gives no answer just now", LATER)
        # Names have no ports.
        if hostname(facts.peer) not in map(hostname, found):
            return Decision(False, 403, f"the caller's address does not have the name {facts.peer}")
        if facts.remote not in back:
            return Decision(False, 403, f"{facts.peer} is at another address")
        return ADMIT

    return Rule(decide, (names, addresses) if confirm else (names,))
