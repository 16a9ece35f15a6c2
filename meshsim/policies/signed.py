"""Requests must carry an HTTP Message Signature (criterion must-use-http-sig)."""

from meshsim.policies import ADMIT, Decision, Facts, Policy, Rule, Signer


def build() -> Policy:
    """No options."""
    signer = Signer()

    def decide(facts: Facts) -> Decision:
        proof = facts[signer]
        if proof is None:
            return Decision(False, 401, "requests must be signed (must-use-http-sig)")
        if proof.host != facts.peer:
            return Decision(False, 403, f"signed by {proof.host}, but from {facts.peer}")
        return ADMIT

    return Rule(decide, (signer,))
