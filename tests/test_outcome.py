import os

import pytest

from meshsim import bundle, running
from meshsim.mesh import Mesh
from meshsim.outcome import differences, masked, outcome
from meshsim.story import Options

SMALL = {"sciencemesh": Options(sites=3), "campus": Options(sites=3, users=30), "lossy": Options(sites=2)}
"""Of every scenario what takes seconds; `nox -s worlds` takes them as they are."""

APART = {"trust": "its sites look up who calls them, and a served mesh has no reverse names yet"}
"""Scenarios that cannot be served, and why."""

FULL = os.environ.get("MESHSIM_WORLDS") == "full"


@pytest.mark.parametrize("name", bundle.names("scenarios"))
def test_a_story_ends_alike_in_both_worlds(name):
    """Simulated and on real sockets, every site has the same records and the same files in the end."""
    if name in APART:
        pytest.skip(APART[name])
    scenario, options = bundle.load("scenarios", name), Options() if FULL else SMALL[name]
    # Accidents strike by chance and time, and so never alike; without them nothing may differ.
    calm = ["delay:seconds=0,count=1"] if hasattr(scenario, "faults") else []
    simulated = running.run(name, scenario, options, calm)
    served = running.run(name, scenario, options, calm, served=True)

    assert [] == differences(outcome(simulated.mesh), outcome(served.mesh))
    assert (True, True) == (simulated.report["ok"], served.report["ok"])
    assert [flow["ok"] for flow in simulated.report["flows"]] == [f["ok"] for f in served.report["flows"]]
    assert [] == served.mesh.sockets.failures


def test_a_story_with_accidents_is_judged_well_on_sockets():
    """What is lost, late, doubled or garbled on real connections leaves nothing half-done."""
    options = SMALL["lossy"]
    done = running.run("lossy", bundle.load("scenarios", "lossy"), options, served=True)

    assert [] == [finding for finding in done.report["invariants"] if not finding["ok"]]
    assert done.report["ok"], [flow for flow in done.report["flows"] if not flow["ok"]]
    assert any(exchange.faults for exchange in done.mesh.transcript)


def test_a_difference_is_told():
    """One file more, or one record, is seen."""
    one, other = Mesh(2), Mesh(2)
    for mesh in (one, other):
        alice, bob = mesh.person("alice@alpha.example.org"), mesh.person("bob@beta.example.org")
        mesh.run(bob.accept_invite(alice.invite()))
    other.person("alice@alpha.example.org").put("more.txt", b"")
    before = differences(outcome(one), outcome(one))
    one.run(one.person("bob@beta.example.org").remove_contact(alice.address))

    assert [] == before
    told = differences(outcome(one), outcome(other))
    assert "+ alpha.example.org: file /alice/more.txt b''" in told
    assert any(line.startswith("+ beta.example.org: contacts ") for line in told)


def test_what_chance_made_is_masked_and_names_are_not():
    """Tokens and times differ from run to run; who, what and whether do not."""
    row = {"token": "uH2wR0cBfs-9_0LZ", "due": 1767225600.5, "to": "bob@owncloud-cesnet.example"}

    assert {"token": "<opaque>", "due": "<time>", "to": "bob@owncloud-cesnet.example"} == masked(row)
