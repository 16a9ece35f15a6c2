"""`meshsim serve`: a mesh opened to whoever is told where it is, until it is interrupted."""

import asyncio
import signal
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import msgspec

from meshsim.served import LOCALHOST, LOOPBACK, Doors, ServedMesh
from meshsim.story import SEED
from meshsim.topology import Topology


class Where(msgspec.Struct, frozen=True):
    """What the command line asks of a served mesh."""

    port: int = 0
    tls: bool = False
    data: Path | None = None
    address: str = LOOPBACK
    name: str | None = None
    networks: tuple[str, ...] = ()
    trust: Path | None = None

    def doors(self) -> Doors:
        """The same, as the mesh wants it; ValueError with the reason if it cannot be."""
        address = ip_address(self.address)
        name = self.name
        if name is None:
            if address.is_unspecified:
                raise ValueError("--bind to all addresses needs --name, the host that others open")
            name = LOCALHOST if address.is_loopback else str(address)
        return Doors(address=str(address), port=self.port, name=name, tls=self.tls)

    def seed(self, given: int | None) -> int:
        """The seed to use; ValueError where others reach the mesh and could guess it."""
        if given is None and not ip_address(self.address).is_loopback:
            # Keys, tokens and passwords follow from it.
            raise ValueError("--bind beyond loopback needs a --seed that nobody can guess")
        return SEED if given is None else given


@contextmanager
def opened(topology: Topology, seed: int, where: Where) -> Iterator[ServedMesh]:
    """A mesh that listens; ValueError or OSError, with what to do about it, if it cannot."""
    networks = tuple(ip_network(text) for text in where.networks)
    if where.data is not None:
        where.data.mkdir(parents=True, exist_ok=True)
    with ServedMesh(topology, seed, doors=where.doors(), data=where.data) as mesh:
        mesh.sockets.caller.allowed = networks
        if where.trust is not None:
            if mesh.trust is None:
                raise ValueError("--trust is of use with --tls alone")
            try:
                mesh.trust.trust(where.trust)
            except ssl.SSLError as error:
                raise ValueError(f"{where.trust} holds no certificate") from error
        yield mesh


def until_interrupted(mesh: ServedMesh, ready: Callable[[dict[str, Any]], None]) -> None:
    """Serve until SIGINT or SIGTERM; `ready` is told where everything is once all sites answer."""

    async def work() -> None:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        for host in mesh.hosts:
            mesh.site(host)
        await mesh.register()
        ready(mesh.described())
        await stop.wait()

    mesh.run(work())
