"""What Reva did in 2021 where the paper says reverse look-up: the host is looked up forward, and only once.

Its first addresses are believed for as long as the process lives, and X-Forwarded-For, which anybody can
write, takes the place of the caller's address.
"""

from math import inf

from meshsim.policies import ADMIT, Addresses, Decision, Facts, Forwarded, Policy, Rule


def build() -> Policy:
    """No options."""
    addresses, forwarded = Addresses(inf), Forwarded()

    def decide(facts: Facts) -> Decision:
        # The whole field, as it came; a port in the host can never be resolved.
        caller = facts[forwarded] or facts.remote
        if ":" not in facts.peer and caller in (facts[addresses] or ()):
            return ADMIT
        return Decision(False, 401, "provider not authorized")

    return Rule(decide, (addresses, forwarded))
