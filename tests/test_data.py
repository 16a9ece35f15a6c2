"""A mesh that is started again from its folder is the same mesh, and no other is started from it."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from meshsim import plugins
from meshsim.data import Keeping
from meshsim.database import DataError
from meshsim.mesh import Mesh, Plan, Topology
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.errors import OcmError

ALPHA, BETA = "alpha.example.org", "beta.example.org"


@pytest.fixture
def start(tmp_path):
    """Starts a mesh on one folder; the one before is stopped."""
    running = []

    def start(*arguments, **options):
        while running:
            running.pop().close()
        running.append(Mesh(*arguments, data=tmp_path / "data", **options))
        return running[-1]

    yield start
    while running:
        running.pop().close()


@pytest.mark.parametrize("one_file", [False, True], ids=["file-per-site", "one-file"])
def test_a_mesh_goes_on_where_it_stopped(start, one_file):
    """Shares, contacts, files and keys; what was still to be told is told."""
    mesh = start(keeping=Keeping(one_file=one_file))
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    mesh.run(bob.accept_invite(alice.invite()))
    given = mesh.run(alice.share("/notes.txt", bob.address, ("read", "write")))
    mesh.run(bob.accept(bob.received()[0]))
    mesh.run(bob.write(bob.received()[0], "", b"from bob"))
    key = mesh.site(ALPHA).key.public
    mesh.crash(BETA)
    mesh.run(alice.change_permissions(given, ("read",)))

    mesh = start()
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    assert b"from bob" == mesh.run(alice.get("notes.txt")) == mesh.run(bob.read(bob.received()[0]))
    assert mesh.settle()
    assert ["accepted"] == [share.state for share in alice.given()]
    assert [("read",)] == [share.permissions for share in bob.received()]
    assert [alice.address] == [contact.address for contact in bob.contacts()]
    assert key == mesh.site(ALPHA).key.public
    for name in ("nothing_twice", "same_story"):
        finding = plugins.load("invariants", name)()(mesh.facts())
        assert finding.ok, finding.reason


def test_a_site_started_again_repeats_nothing_that_it_gave_out(start):
    """Tokens and identifiers, over any number of lives, in one process and in several."""
    seen = []
    for _ in range(3):
        mesh = start()
        for _ in range(2):
            seen += [mesh.person(f"alice@{ALPHA}").invite().token for _ in range(5)]
            mesh.crash(ALPHA)
            mesh.restart(ALPHA)

    assert 30 == len(seen) == len(set(seen))


def test_without_a_folder_nothing_is_kept(tmp_path):
    """Runs of one seed stay the same run."""
    tokens = [Mesh(2).person(f"alice@{ALPHA}").invite().token for _ in range(2)]

    assert 1 == len(set(tokens))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"topology": 3}, "topology.sites were 2, and now are 3"),
        ({"seed": 77}, "its seed is another one"),
        (
            {"topology": Topology((Plan(ALPHA), Plan(BETA, users=("zoe",))))},
            r"topology.sites\[1\].users were 3, and now are 1",
        ),
        (
            {"topology": Topology((Plan(ALPHA), Plan(BETA, dialect="ocm_1_0")))},
            r"topology.sites\[1\].dialect was 'standard', and now is 'ocm_1_0'",
        ),
    ],
    ids=["sites", "seed", "users", "dialect"],
)
def test_another_mesh_is_not_started_from_the_folder(start, change, reason):
    """The message says what is different, but not the seed, from which all keys follow."""
    start()
    with pytest.raises(DataError, match=reason) as caught:
        start(**change)

    assert "77" not in str(caught.value)
    start()


HOLDING = """
import sys
from pathlib import Path
from meshsim.mesh import Mesh
mesh = Mesh(2, data=Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_folder_that_another_process_has_is_refused(start, tmp_path):
    """Before any of its sites is touched; a killed process leaves no lock behind."""
    command = [sys.executable, "-c", HOLDING, str(tmp_path / "data")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert b"held\n" == holder.stdout.readline()
        with pytest.raises(DataError, match="is in use; stop the mesh that has it"):
            start()
        holder.kill()
    start().site(ALPHA)


def test_what_is_in_the_folder_is_for_its_owner(start, tmp_path):
    """Keys and passwords follow from the seed in it."""
    start()

    assert 0o700 == stat.S_IMODE((tmp_path / "data").stat().st_mode)
    assert 0o600 == stat.S_IMODE((tmp_path / "data" / "mesh.json").stat().st_mode)


def test_a_group_that_was_given_up_stays_away(start):
    """Also when the mesh is started again, and with it what the group was given."""
    plans = Topology((Plan(ALPHA), Plan(BETA, groups={"lab": ("bob", "carol"), "club": ("bob",)})))
    mesh = start(plans)
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    for group in ("lab", "club"):
        mesh.run(alice.share("/notes.txt", OcmAddress(group, BETA), share_type="group"))
    mesh.run(mesh.dissolve(f"lab@{BETA}"))
    with pytest.raises(OcmError, match="no group 'lab'"):
        mesh.run(mesh.dissolve(f"lab@{BETA}"))

    mesh = start(plans)
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    assert ["club"] == [share.recipient for share in bob.received()]
    with pytest.raises(OcmError, match="no group"):
        mesh.run(alice.share("/papers", OcmAddress("lab", BETA), share_type="group"))


@pytest.mark.parametrize(
    ("content", "reason"), [("{", "is damaged"), (json.dumps({"format": 9}), "of format 9")]
)
def test_a_description_that_cannot_be_read_is_told(start, tmp_path, content, reason):
    """Nothing else is looked at."""
    start()
    start().close()
    (tmp_path / "data" / "mesh.json").write_text(content)
    with pytest.raises(DataError, match=reason):
        start()


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    """A file is in its place."""
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"file.* cannot be used: Not a directory"):
        Mesh(2, data=Path(tmp_path / "file" / "data"))


def test_damage_to_one_site_is_told_when_it_is_asked_for(start, tmp_path):
    """By the name of its file."""
    start().site(ALPHA)
    start().close()
    (tmp_path / "data" / "records" / f"{ALPHA}.db").write_bytes(b"x" * 5000)
    with pytest.raises(DataError, match=rf"{ALPHA}.db is damaged"):
        start().site(ALPHA)
