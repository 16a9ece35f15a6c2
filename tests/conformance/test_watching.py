import pytest

from conformance import mutants, watching
from meshsim import bundle, running
from meshsim.mesh import Mesh
from meshsim.ocm.errors import OcmError
from meshsim.story import Options
from meshsim.topology import default_topology

SENDERS = (
    *(
        "share-no-name",
        "share-address-scheme",
        "share-owner-bare",
        "share-several-not-multi",
        "sec-secret-in-url",
    ),
    *("notif-no-domain", "sig-target-uri", "sig-not-signed"),
)


def story(slug=None):
    """A mesh of two sites, the first of which is a mutant: its people share, and are shared with."""
    topology = default_topology(2)
    first = topology.sites[0].host
    departures = {first: mutants.load(slug).build()} if slug else {}
    mesh = Mesh(topology, departures=departures)
    people = [mesh.person(f"{name}@{host}") for name, host in zip(("alice", "bob"), mesh.hosts, strict=True)]

    async def told():
        for one, other in (people, people[::-1]):
            try:
                one.put("plan.txt", b"It works.")
                await other.accept_invite(one.invite())
                await one.share("plan.txt", other.address)
                (share,) = other.received()
                await other.accept(share)
                await other.read(share)
            except (OcmError, ValueError):
                continue  # what one site does not understand, the oracle does

    mesh.run(told())
    mesh.settle()
    found = watching.watch(mesh.transcript, mesh.plans)
    mesh.kernel.close()
    return found


def test_ordinary_sites_raise_no_alarm():
    """And messages were judged."""
    found = story()

    assert () == found.violations
    assert found.checked > 5


@pytest.mark.parametrize("slug", SENDERS)
def test_a_faulty_site_raises_an_alarm_for_what_it_does(slug):
    """It cites a requirement that the mutant's file declares, and names the message."""
    found = story(slug)

    assert not found.ok
    cited = {told.partition(":")[0] for told in found.violations}
    assert cited & set(mutants.load(slug).breaks), found.violations
    assert "exchange " in found.reason


@pytest.mark.parametrize("name", ["campus", "sciencemesh"])
def test_a_faulty_site_in_a_scenario_is_found(name, monkeypatch):
    """What else goes well does not hide it: the run is red, and says who sent what to whom."""
    scenario = bundle.load("scenarios", name)
    options = Options(sites=3, users=20)
    first = scenario.topology(options).sites[0].host
    departures = {first: mutants.load("share-owner-bare").build()}
    monkeypatch.setattr(
        running,
        "Mesh",
        lambda topology, seed, faults: Mesh(topology, seed, faults=faults, departures=departures),
    )
    report = running.run(name, scenario, options).report
    (found,) = [f for f in report["invariants"] if f["name"] == "oracle"]

    assert not report["ok"]
    assert found["reason"].startswith("OCM-SHARE-026: exchange ")
    assert f", {first} to " in found["reason"]


@pytest.mark.parametrize("name", bundle.names("scenarios"))
def test_every_scenario_is_judged_and_raises_no_alarm(name):
    """It stands among the invariants of a run."""
    scenario = bundle.load("scenarios", name)
    report = running.run(name, scenario, Options(sites=3, users=20)).report
    (found,) = [f for f in report["invariants"] if f["name"] == "oracle"]

    assert found["ok"], found["reason"]
    assert found["checked"]


@pytest.mark.parametrize(
    "fault", ["garbled", "truncated", "lost_answer", "duplicate", "stale_discovery", "reorder"]
)
def test_what_the_network_does_is_laid_to_no_site(fault):
    """An accident is none of the sender's messages."""
    scenario = bundle.load("scenarios", "campus")
    specs = [f"{fault}:probability=0.3" if fault != "stale_discovery" else fault]
    report = running.run("campus", scenario, Options(sites=3, users=20), specs).report
    (found,) = [f for f in report["invariants"] if f["name"] == "oracle"]

    assert found["ok"], found["reason"]
