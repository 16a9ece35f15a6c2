import pytest

from meshsim.composition import Composition
from meshsim.mesh import Mesh
from meshsim.served import ServedMesh


@pytest.mark.parametrize("world", [Mesh, ServedMesh])
def test_both_worlds_are_composed_alike(world):
    """Nothing that makes a site of a plan is known to one world only."""
    own = {name for name in vars(world) if name in vars(Composition) and not name.startswith("__")}

    assert issubclass(world, Composition)
    assert own <= {"sleep", "guarded", "run", "settle", "close", "advance", "spawn", "turn", "attach"}
