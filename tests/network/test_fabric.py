"""Hosts talk over the fabric, and everything that is said is in the transcript."""

import pytest

from meshsim.network.fabric import Fabric
from meshsim.network.hosts import Incarnation
from meshsim.network.kernel import Crashed, Kernel
from meshsim.wire import NetworkError, Request, Response


@pytest.fixture(params=[0.0, 0.01], ids=["no latency", "latency"])
def fabric(request):
    return Fabric(Kernel(), 1, latency=request.param)


async def echo(request: Request) -> Response:
    return Response(200, {"x-remote": request.remote}, request.body)


def test_an_answer_comes_back(fabric):
    """What the handler answers is what the caller gets, and the caller's address was seen."""
    fabric.attach("beta.example.org", echo)
    port = fabric.port("alpha.example.org")

    answer = fabric.kernel.run(port.send(Request("POST", "https://beta.example.org/x", body=b"hello")))

    assert b"hello" == answer.body
    assert fabric.address_of("alpha.example.org") == answer.headers["x-remote"]
    assert "alpha.example.org" == fabric.name_of(answer.headers["x-remote"])
