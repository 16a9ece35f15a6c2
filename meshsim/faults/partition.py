"""Two groups of hosts cannot reach each other: what crosses between them is lost."""

from random import Random
from typing import Unpack

from meshsim.faults import PASS, Drop, Envelope, Fault, Verdict
from meshsim.faults._matching import Where, chosen


def build(group: str, others: str = "*", **where: Unpack[Where]) -> Fault:
    """Part `group` from `others`, by default from everybody else; hosts are joined by "+"."""
    hit = chosen(**where)
    inside, outside = frozenset(group.split("+")), frozenset(others.split("+"))

    def parts(one: str, other: str) -> bool:
        return one in inside and other not in inside and (others == "*" or other in outside)

    def fault(envelope: Envelope, rng: Random) -> Verdict:
        one, other = envelope.source, envelope.target
        crossing = parts(one, other) or parts(other, one)
        return Drop() if crossing and hit(envelope, rng) else PASS

    return fault
