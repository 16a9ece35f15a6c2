import asyncio

import pytest

from meshsim.faults import PASS, Answer, Delay, Drop, Duplicate
from meshsim.network.leaping import LeapingLoop
from meshsim.network.serving import Server, bound
from meshsim.network.sockets import Sockets
from meshsim.wire import NetworkError, Request, Response, Transcript


@pytest.fixture
def call():
    """One call from a.example to b.example under one fault; what came of it, and what b.example heard."""

    def make(fault):
        heard = []

        async def handler(request):
            heard.append(request.method)
            return Response(200, {}, b"ok")

        async def story():
            sockets = Sockets(asyncio.get_running_loop(), Transcript())
            sockets.hosts.get("b.example").factory = lambda life: handler
            door = bound("127.0.0.1", 0)
            sockets.open_door("b.example", *door.getsockname()[:2])
            server = Server(sockets)
            await server.listen(door)
            sockets.add_fault("fault", fault)
            began = sockets.time.now()
            try:
                answer = (await sockets.port("a.example").send(Request("GET", "http://b.example/"))).status
            except NetworkError as error:
                answer = (error.reason, error.sent)
            spent = sockets.time.now() - began
            await sockets.quiet(3600.0)
            (exchange,) = sockets.transcript
            await server.close()
            await sockets.close()
            return answer, len(heard), spent, exchange.faults

        with asyncio.Runner(loop_factory=LeapingLoop) as runner:
            return runner.run(story())

    return make


def request(verdict):
    return lambda envelope, rng: verdict if envelope.response is None else PASS


def answer(verdict):
    return lambda envelope, rng: PASS if envelope.response is None else verdict


@pytest.mark.parametrize(
    ("fault", "came", "heard", "spent"),
    [
        (request(Drop()), ("timeout", True), 0, 10),
        (request(Drop(refused=True)), ("connection refused", False), 0, 0),
        (answer(Drop()), ("timeout", True), 1, 10),
        (answer(Drop(refused=True)), ("connection reset", True), 1, 0),
        (request(Answer(Response(502))), 502, 0, 0),
        (answer(Answer(Response(502))), 502, 1, 0),
        (request(Delay(3)), 200, 1, 3),
        (request(Delay(30)), ("timeout", True), 1, 10),
        (answer(Delay(30)), ("timeout", True), 1, 10),
        (request(Duplicate(5)), 200, 2, 0),
    ],
)
def test_accidents_are_those_of_the_simulation(call, fault, came, heard, spent):
    """The caller learns as much, the receiver hears as often, and it takes as long in mesh time."""
    found, times, seconds, named = call(fault)

    assert (came, heard, ("fault",)) == (found, times, named)
    assert spent == pytest.approx(seconds)
