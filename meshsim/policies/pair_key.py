"""Each two servers share an API key, which is shown with every request (the ScienceMesh paper).

It proves that the caller holds the key, and nothing about what is said: who reads it can use it.
"""

from meshsim.policies import ADMIT, Decision, Facts, PairKey, Policy, Rule

LATER = 60
"""Seconds until a central service that could not be had may be worth another try."""


def build(central: bool = False) -> Policy:
    """Keys are from the site's own list, or polled from the `central` service."""
    shown = PairKey(central)

    def decide(facts: Facts) -> Decision:
        good = facts[shown]
        if good is None:
            return Decision(False, 503, "the keys of that server cannot be had just now", LATER)
        if good:
            return ADMIT
        return Decision(False, 401, f"no key was shown that is shared with {facts.peer}")

    return Rule(decide, (shown,))
