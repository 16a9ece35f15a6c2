"""Shares are taken only from people the recipient knows by invite (criterion must-invite)."""

from meshsim.policies import ADMIT, Decision, Facts, Invited, Policy, Rule


def build() -> Policy:
    """No options."""
    invited = Invited()

    def decide(facts: Facts) -> Decision:
        if facts.endpoint != "shares" or facts[invited]:
            return ADMIT
        return Decision(False, 403, "sender and recipient have not exchanged an invite (must-invite)")

    return Rule(decide, (invited,))
