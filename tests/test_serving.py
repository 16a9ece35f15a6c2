import json
import signal
import subprocess
import sys

import pytest
from msgspec.structs import replace

from meshsim import bundle
from meshsim.data import Keeping
from meshsim.serving import Where, opened
from meshsim.story import Options
from meshsim.topology import Plan, Topology


def test_serve_prints_one_line_once_all_sites_answer_and_ends_when_interrupted():
    """A script starts it, reads the line, uses the mesh and interrupts it; nothing else is printed."""
    command = [sys.executable, "-m", "meshsim", "serve", "campus", "--sites", "2", "--users", "2"]
    with subprocess.Popen(
        [*command, "--port", "0", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        told = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        rest, wrong = process.communicate(timeout=30)

    assert (0, "", "") == (process.returncode, rest, wrong)
    assert ["campus0.example", "campus1.example"] == [site["name"] for site in told["sites"]]
    assert {"host", "url", "api", "dav", "users"} <= told["sites"][0].keys()
    assert {"name", "password"} <= told["sites"][0]["users"][0].keys()
    assert (None, None) == (told["ca"], told["dns"])


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (Where(), "localhost"),
        (Where(address="192.0.2.7"), "192.0.2.7"),
        (Where(address="0.0.0.0", name="mesh.example.org"), "mesh.example.org"),
    ],
)
def test_sites_are_called_what_others_can_open(where, name):
    """By default that is this machine alone."""
    assert name == where.doors().name


def test_sites_may_have_addresses_of_their_own():
    """On this machine, and under their own names."""
    assert Where(per_site=True).doors().per_site


@pytest.mark.parametrize("where", [Where(address="192.0.2.7"), Where(name="mesh.example.org")])
def test_addresses_of_their_own_are_for_this_machine_alone(where):
    """Nobody else could open them, and each has its own name."""
    with pytest.raises(ValueError, match="--addresses per-site"):
        replace(where, per_site=True).doors()


def test_all_addresses_need_a_name():
    """Nobody can open 0.0.0.0."""
    with pytest.raises(ValueError, match="--name"):
        Where(address="0.0.0.0").doors()


def test_the_default_seed_is_for_this_machine_alone():
    """Whoever reaches the mesh could work out its keys and passwords from a seed that everybody knows."""
    with pytest.raises(ValueError, match="--seed"):
        Where(address="192.0.2.7").seed(None)

    assert 0 == Where().seed(None)
    assert 71 == Where(address="192.0.2.7").seed(71)


@pytest.mark.parametrize("policy", ["reverse", ("any", "paper", "signed"), "reverse_2021"])
def test_sites_that_look_up_who_calls_need_addresses_to_look_up(policy):
    """Else all would be refused, and nobody would know why."""
    topology = Topology((Plan("a.example", policies=(policy,)),))
    with pytest.raises(ValueError, match="add --addresses per-site"), opened(topology, 0, Where()):
        pass
    with opened(topology, 0, Where(per_site=True)) as mesh:
        assert mesh.dns


def test_how_data_is_kept_can_be_chosen(tmp_path):
    """One file for the records of all sites, and waiting for the disk."""
    topology = Topology((Plan("a.example"), Plan("b.example")))
    where = Where(data=tmp_path, keeping=Keeping(one_file=True, synchronous="FULL"))
    with opened(topology, 0, where) as mesh:
        for host in mesh.hosts:
            mesh.person(f"alice@{host}").invite()
        database = mesh.store(mesh.hosts[0])._database

        assert ["mesh.db"] == [path.name for path in (tmp_path / "records").glob("*.db")]
        assert (2,) == database.execute("PRAGMA synchronous").fetchone()


def test_how_nothing_is_kept_cannot_be_chosen():
    """Whoever asks for it forgot the folder."""
    with pytest.raises(ValueError, match="--data"), opened(Topology(()), 0, Where(keeping=Keeping(True))):
        pass


@pytest.mark.parametrize("name", bundle.names("scenarios"))
def test_the_sites_of_every_scenario_are_served_and_know_each_other(name):
    """Also those that do not sign, and cannot tell a directory of themselves."""
    topology = bundle.load("scenarios", name).topology(Options(sites=2))
    with opened(topology, 0, Where(per_site=True)) as mesh:
        mesh.run(mesh.register())
        for host in mesh.hosts:
            site = mesh.site(host)
            known = {provider.host for provider in mesh.run(site.listing.providers())}
            assert not site.profile.directories or set(mesh.hosts) <= known
