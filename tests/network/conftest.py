import pytest

from meshsim.network.fabric import Fabric
from meshsim.network.kernel import Kernel
from meshsim.wire import Response

ALPHA, BETA = "alpha.example.org", "beta.example.org"


async def echo(request):
    """Answers with what it was told, and by whom."""
    return Response(200, {"x-remote": request.remote}, request.body)


@pytest.fixture(params=[0.0, 0.01], ids=["no latency", "latency"])
def fabric(request):
    """A network on which beta echoes; alpha only calls."""
    fabric = Fabric(Kernel(), 1, latency=request.param)
    fabric.attach(BETA, echo)
    yield fabric
    fabric.kernel.close()
