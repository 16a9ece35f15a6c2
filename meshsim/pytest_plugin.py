"""Fixtures for everybody's own tests: a mesh, and people in it.

Loaded at every start of pytest once the package is installed, so nothing else of ours is imported
before a test asks for a mesh.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from meshsim.mesh import Mesh, Topology
    from meshsim.person import Person

_SHOWN = 40
"""Exchanges that are shown when a test fails."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the mesh; `--site` is here because only a plug-in's options work once installed."""
    group = parser.getgroup("meshsim")
    group.addoption("--mesh-seed", type=int, default=0, help="seed of every mesh that does not name its own")
    group.addoption("--site", metavar="TARGET", help="the site that the conformance suite examines")
    group.addoption("--peer", metavar="HOST", help="where that site can reach the suite's own servers")
    group.addoption("--peer-cert", metavar="FILE", help="their certificate and key")
    group.addoption("--site-ca", metavar="FILE", help="another authority to trust for that site")
    group.addoption("--driver", metavar="NAME", help="who makes that site's users act")
    group.addoption("--site-user", metavar="USER", action="append", help="somebody who lives at that site")
    group.addoption("--site-login", metavar="FILE", help="lines NAME:PASSWORD of people there")


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known; the last two are those of the conformance suite."""
    config.addinivalue_line(
        "markers",
        "mesh(topology=2, seed=None): what the fixture `mesh` is made of; a number means alike sites",
    )
    config.addinivalue_line("markers", "requirement(*ids): the OCM requirements that a test judges")
    config.addinivalue_line(
        "markers", "needs(capability, criterion, protocol, settings): what a site must offer"
    )


@pytest.fixture
def make_mesh(request: pytest.FixtureRequest) -> Iterator[Callable[..., "Mesh"]]:
    """A function that makes a mesh: `make_mesh(3)`, `make_mesh(topology, seed=5)`."""
    from meshsim.mesh import Mesh

    made: list[Mesh] = []

    def make(topology: "Topology | int" = 2, seed: int | None = None, **options: Any) -> Mesh:
        chosen: int = request.config.getoption("--mesh-seed") if seed is None else seed
        made.append(Mesh(topology, chosen, **options))
        return made[-1]

    yield make
    for mesh in made:
        request.node.add_report_section("teardown", "mesh", _summary(mesh))
        mesh.kernel.close()


@pytest.fixture
def mesh(request: pytest.FixtureRequest, make_mesh: Callable[..., "Mesh"]) -> "Mesh":
    """Two sites, alpha.example.org and beta.example.org, with alice, bob and carol at each."""
    marker = request.node.get_closest_marker("mesh")
    return make_mesh(*marker.args, **marker.kwargs) if marker else make_mesh()


@pytest.fixture
def alice(mesh: "Mesh") -> "Person":
    """alice at the first site."""
    return mesh.person(f"alice@{mesh.hosts[0]}")


@pytest.fixture
def bob(mesh: "Mesh") -> "Person":
    """bob at the second site."""
    return mesh.person(f"bob@{mesh.hosts[1]}")


def _summary(mesh: "Mesh") -> str:
    exchanges = list(mesh.transcript)
    # Of each test that passes, too, so no more is written out than is shown.
    lines = [
        f"{e.number:5} {e.source} -> {e.target} {e.request.method} {e.request.target.path}: "
        f"{e.error or (e.response.status if e.response else 'under way')}"
        for e in exchanges[-_SHOWN:]
    ]
    left_out = [f"({len(exchanges) - _SHOWN} earlier exchanges)"] if len(exchanges) > _SHOWN else []
    return "\n".join([f"seed {mesh.seed}", *left_out, *lines])
