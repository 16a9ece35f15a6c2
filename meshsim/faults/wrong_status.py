"""A proxy in front of the peer answers in its place, although the peer has acted."""

from typing import Unpack

from meshsim.faults import Answer, Fault
from meshsim.faults._matching import Where, on_answer
from meshsim.wire import Response


def build(status: int = 502, **where: Unpack[Where]) -> Fault:
    """Replace answers by an HTML page of that status."""
    page = Response(status, {"content-type": "text/html"}, f"<h1>{status}</h1>".encode())
    return on_answer(lambda answer, rng: Answer(page), **where)
