"""The key that a server first came with is the only one it may use (trust on first use).

A server that changes its key is refused until somebody here has asked it why, and forgets the old one.
"""

from meshsim.policies import ADMIT, Decision, Facts, Pinned, Policy, Rule, Signer


def build() -> Policy:
    """No options. Requests must be signed."""
    signer, pinned = Signer(), Pinned()

    def decide(facts: Facts) -> Decision:
        proof = facts[signer]
        if proof is None:
            return Decision(False, 401, "requests must be signed: the key of each server is pinned here")
        if proof.host != facts.peer:
            return Decision(False, 403, f"signed by {proof.host}, but from {facts.peer}")
        if facts[pinned] not in ("", proof.key.thumbprint()):
            return Decision(False, 403, f"{facts.peer} came with another key before, which is pinned here")
        return ADMIT

    return Rule(decide, (signer, pinned))
