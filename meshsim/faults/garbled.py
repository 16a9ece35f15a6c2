"""Octets of the answer's body are altered on the way."""

from random import Random
from typing import Unpack

from meshsim.faults import PASS, Answer, Fault, Verdict
from meshsim.faults._matching import Where, on_answer
from meshsim.wire import Response, octets


def build(altered: int = 1, **where: Unpack[Where]) -> Fault:
    """Alter up to that many octets, at places of chance; an empty body stays as it is."""

    def garble(answer: Response, rng: Random) -> Verdict:
        body = bytearray(octets(answer.body))
        if not body:
            return PASS
        for place in rng.sample(range(len(body)), min(altered, len(body))):
            body[place] ^= rng.randrange(1, 256)
        return Answer(Response(answer.status, answer.headers, bytes(body)))

    return on_answer(garble, **where)
