"""`meshsim serve`: a mesh opened to whoever is told where it is, until it is interrupted."""

import asyncio
import signal
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import msgspec

from meshsim import plugins
from meshsim.data import USUAL, Keeping
from meshsim.doors import LOCALHOST, LOOPBACK, Doors
from meshsim.policies import Addresses, Policy, ReverseNames, Rule, compose
from meshsim.served import ServedMesh
from meshsim.story import SEED
from meshsim.topology import Plan, Topology


class Where(msgspec.Struct, frozen=True):
    """What the command line asks of a served mesh."""

    port: int = 0
    tls: bool = False
    data: Path | None = None
    keeping: Keeping = USUAL
    address: str = LOOPBACK
    name: str | None = None
    per_site: bool = False
    networks: tuple[str, ...] = ()
    trust: Path | None = None

    def doors(self) -> Doors:
        """The same, as the mesh wants it; ValueError with the reason if it cannot be."""
        address = ip_address(self.address)
        name = self.name
        if self.per_site and (name is not None or not address.is_loopback):
            raise ValueError(
                "--addresses per-site gives each site a loopback address, and its own name; "
                "it goes neither with --name nor with --bind beyond loopback"
            )
        if name is None:
            if address.is_unspecified:
                raise ValueError("--bind to all addresses needs --name, the host that others open")
            name = LOCALHOST if address.is_loopback else str(address)
        return Doors(address=str(address), port=self.port, name=name, tls=self.tls, per_site=self.per_site)

    def seed(self, given: int | None) -> int:
        """The seed to use; ValueError where others reach the mesh and could guess it."""
        if given is None and not ip_address(self.address).is_loopback:
            # Keys, tokens and passwords follow from it.
            raise ValueError("--bind beyond loopback needs a --seed that nobody can guess")
        return SEED if given is None else given


@contextmanager
def opened(topology: Topology, seed: int, where: Where) -> Iterator[ServedMesh]:
    """A mesh that listens; ValueError or OSError, with what to do about it, if it cannot."""
    networks, doors = tuple(ip_network(text) for text in where.networks), where.doors()
    if not doors.per_site and not doors.beyond and any(map(_looks_up, topology.sites)):
        raise ValueError(
            "these sites look up who calls them, and at one address all would be the same: "
            "add --addresses per-site"
        )
    if where.data is not None:
        where.data.mkdir(parents=True, exist_ok=True)
    elif where.keeping != USUAL:
        raise ValueError("--records and --sync say how data is kept; they are of use with --data alone")
    with ServedMesh(topology, seed, doors=doors, data=where.data, keeping=where.keeping) as mesh:
        mesh.sockets.caller.allowed = networks
        if where.trust is not None:
            if mesh.trust is None:
                raise ValueError("--trust is of use with --tls alone")
            try:
                mesh.trust.trust(where.trust)
            except ssl.SSLError as error:
                raise ValueError(f"{where.trust} holds no certificate") from error
        yield mesh


def _looks_up(plan: Plan) -> bool:
    """Whether a site's policy asks the name service."""

    def asks(policy: Policy) -> bool:
        if isinstance(policy, Rule):
            return any(isinstance(need, ReverseNames | Addresses) for need in policy.needs)
        return any(map(asks, policy.policies))

    return asks(compose(("all", *plan.policies), partial(plugins.load, "policies")))


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
