"""Everybody may."""

from meshsim.policies import ADMIT, Decision, Facts, Policy


def build() -> Policy:
    """No options."""

    def decide(facts: Facts) -> Decision:
        return ADMIT

    return decide
