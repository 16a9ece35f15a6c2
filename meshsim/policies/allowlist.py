"""Only servers on a list may."""

from collections.abc import Collection

from meshsim.ocm.address import parse_host
from meshsim.policies import ADMIT, Decision, Facts, Policy, Rule


def build(hosts: Collection[str]) -> Policy:
    """`hosts` are names, with a port where it is not the usual one."""
    known = frozenset(map(parse_host, hosts))

    def decide(facts: Facts) -> Decision:
        if facts.peer in known:
            return ADMIT
        return Decision(False, 403, f"{facts.peer} is not on the allowlist of this server")

    return Rule(decide)
