import pytest

from meshsim import plugins
from meshsim.network.fabric import Fabric
from meshsim.network.kernel import Kernel
from meshsim.wire import NetworkError, Request, Response


class Trial:
    """Three hosts that answer all, on a network with one fault; time starts at 0."""

    hosts = ("alpha", "beta", "gamma")

    def __init__(self, seed=1):
        self.fabric = Fabric(Kernel(start=0.0), seed, latency=0.5)
        self.arrived = []
        self.answer = Response(200, {"content-type": "text/plain"}, b"0123456789")
        for host in self.hosts:
            self.fabric.attach(host, self._handler(host))

    def _handler(self, host):
        async def handle(request):
            self.arrived.append((self.fabric.kernel.now, host, request.body))
            return self.answer

        return handle

    def plant(self, name, **options):
        self.fabric.add_fault(name, plugins.load("faults", name)(**options))
        return self

    async def send(self, source, target, path="/", body=b"", timeout=10.0):
        """The answer, or the reason why there is none."""
        request = Request("POST" if body else "GET", f"https://{target}{path}", {}, body)
        try:
            return await self.fabric.port(source).send(request, timeout)
        except NetworkError as error:
            return error.reason

    def ask(self, source="alpha", target="beta", path="/", body=b""):
        return self.fabric.kernel.run(self.send(source, target, path, body))

    def outcomes(self, times=1, **how):
        """Status or reason of so many requests, one after the other."""
        answers = [self.ask(**how) for _ in range(times)]
        return [answer if isinstance(answer, str) else answer.status for answer in answers]

    def quiet(self):
        return self.fabric.kernel.settle() and {} == self.fabric.flights


@pytest.fixture
def trial():
    trial = Trial()
    yield trial
    assert trial.quiet()


@pytest.fixture
def new_trial():
    return Trial
