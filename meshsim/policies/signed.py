"""Requests must carry an HTTP Message Signature (criterion must-use-http-sig)."""

from meshsim.policies import ADMIT, Decision, Facts, Policy


def build() -> Policy:
    """No options."""

    def decide(facts: Facts) -> Decision:
        if facts.signer is None:
            return Decision(False, 401, "requests must be signed (must-use-http-sig)")
        if facts.signer != facts.peer:
            return Decision(False, 403, f"signed by {facts.signer}, but from {facts.peer}")
        return ADMIT

    return decide
