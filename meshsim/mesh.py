"""The simulated mesh: sites and people on a virtual network, with virtual time."""

from collections.abc import Coroutine, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from meshsim.composition import Composition, SiteDown
from meshsim.data import USUAL, Keeping
from meshsim.departure import Departure
from meshsim.faults import Fault
from meshsim.network.fabric import Fabric
from meshsim.network.kernel import Kernel, Promise, sleep
from meshsim.topology import Plan, Topology, default_topology, names
from meshsim.wire import Transcript

if TYPE_CHECKING:
    import httpx

__all__ = ["Mesh", "Plan", "SiteDown", "Topology", "default_topology", "names"]

T = TypeVar("T")


class Mesh(Composition):
    """Sites on a virtual network. A site is made when it is first spoken to or asked for.

    With `data`, records and files are kept in that folder; DataError if it holds another mesh.
    """

    def __init__(
        self,
        topology: Topology | int = 2,
        seed: int = 0,
        *,
        faults: Sequence[tuple[str, Fault]] = (),
        transcript: Transcript | None = None,
        data: Path | None = None,
        keeping: Keeping = USUAL,
        departures: Mapping[str, Departure] = {},
    ) -> None:
        if isinstance(topology, int):
            topology = default_topology(topology)
        kernel = self.kernel = Kernel()
        self.fabric = Fabric(
            kernel, seed, latency=topology.latency, jitter=topology.jitter, transcript=transcript
        )
        super().__init__(
            topology, seed, self.fabric, partial(getattr, kernel, "now"), data, keeping, departures
        )
        for name, fault in faults:
            self.fabric.add_fault(name, fault)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Let time pass until `work` is done, and give its result; SiteDown if its site crashed meanwhile."""
        return self.kernel.run(self.guarded(work))

    async def sleep(self, seconds: float) -> None:
        """Let true time pass, as somebody who only waits."""
        await sleep(seconds)

    def settle(self, limit: float = 30 * 86400.0) -> bool:
        """Let time pass until nothing is left to do; False if that took more than `limit` seconds."""
        return self.kernel.settle(limit)

    def advance(self, seconds: float) -> None:
        """Let that much time pass."""
        self.kernel.advance(seconds)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do something meanwhile; what goes wrong in it is raised when time has passed."""
        self.kernel.spawn(work)

    def turn(self) -> Promise[None]:
        """Something to wait for until somebody else resolves it."""
        return Promise(self.kernel)

    def close(self) -> None:
        """Forget all that is due, and let go of the data on disk; the mesh cannot be used afterwards."""
        self.kernel.close()
        super().close()

    def client(self, source: str = "client.example.org", **options: Any) -> "httpx.Client":
        """An httpx client on the mesh's network, calling from `source`."""
        import httpx

        from meshsim.network.transport import MeshTransport

        return httpx.Client(transport=MeshTransport(self.fabric, source), **options)
