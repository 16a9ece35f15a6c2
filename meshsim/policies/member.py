"""Only servers may that a directory has which this site polls."""

from meshsim.policies import ADMIT, Decision, Facts, Member, Policy, Rule

LATER = 60
"""Seconds until a directory that could not be had may be worth another try."""


def build() -> Policy:
    """No options; the directories are those of the site."""
    member = Member()

    def decide(facts: Facts) -> Decision:
        found = facts[member]
        if found is None:
            return Decision(False, 503, "no directory can be had just now", LATER)
        if found:
            return ADMIT
        return Decision(False, 403, f"{facts.peer} is in no directory that this server goes by")

    return Rule(decide, (member,))
