"""A cache in front of the peer goes on giving out an old discovery document."""

from random import Random
from typing import Unpack

from meshsim.faults import PASS, Answer, Envelope, Fault, Verdict
from meshsim.faults._matching import Where, chosen
from meshsim.wire import Response

PLACES = ("/.well-known/ocm", "/ocm-provider", "/ocm-provider/")


def build(**where: Unpack[Where]) -> Fault:
    """Replay each host's first good document; it is remembered also outside the window."""
    hit = chosen(**where)
    first: dict[str, Response] = {}

    def fault(envelope: Envelope, rng: Random) -> Verdict:
        request, answer = envelope.request, envelope.response
        if answer is None or answer.status != 200 or request.method != "GET":
            return PASS
        if not request.target.path.endswith(PLACES):
            return PASS
        old = first.setdefault(f"{envelope.target}{request.target.path}", answer)
        return Answer(old) if old is not answer and hit(envelope, rng) else PASS

    return fault
