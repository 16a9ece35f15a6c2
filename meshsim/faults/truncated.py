"""The answer's body ends too early."""

from random import Random
from typing import Unpack

from meshsim.faults import Answer, Fault, Verdict
from meshsim.faults._matching import Where, on_answer
from meshsim.wire import Response, octets


def build(keep: float = 0.5, **where: Unpack[Where]) -> Fault:
    """Keep that share of the body, rounded down; headers stay as they are."""

    def cut(answer: Response, rng: Random) -> Verdict:
        body = octets(answer.body)
        return Answer(Response(answer.status, answer.headers, body[: int(len(body) * keep)]))

    return on_answer(cut, **where)
