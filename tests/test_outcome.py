import json
import os

import pytest
from msgspec.structs import replace

from meshsim import bundle, running
from meshsim.mesh import Mesh
from meshsim.outcome import Mask, differences, outcome
from meshsim.story import Options

SEEDS = range(int(os.environ.get("MESHSIM_WORLDS", "1")))
"""With which every scenario is told; `nox -s worlds` takes more."""


def cells(report):
    """What tables say, by title, column and row."""
    return {
        (table["title"], column["title"], row["title"]): cell["text"]
        for table in report.get("tables", [])
        for row in table["rows"]
        for column, cell in zip(table["columns"], row["cells"], strict=True)
    }


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", bundle.names("scenarios"))
def test_a_story_ends_alike_in_both_worlds(name, seed):
    """Simulated and on real sockets, in full size: the same records, the same files, the same tables."""
    scenario, options = bundle.load("scenarios", name), Options(seed=seed)
    # Accidents strike by chance and time, and so never alike; without them nothing may differ.
    calm = ["delay:seconds=0,count=1"] if hasattr(scenario, "faults") else []
    simulated = running.run(name, scenario, options, calm)
    served = running.run(name, scenario, options, calm, served=True)

    assert [] == differences(outcome(simulated.mesh), outcome(served.mesh))
    assert (True, True) == (simulated.report["ok"], served.report["ok"])
    told = [
        [(f["name"], f["ok"]) for f in run.report["flows"] if not f["name"].startswith("attack")]
        for run in (simulated, served)
    ]
    assert told[0] == told[1]
    assert [] == served.mesh.sockets.failures
    assert cells(simulated.report) == cells(served.report)


def test_a_story_with_accidents_is_judged_well_on_sockets():
    """What is lost, late, doubled or garbled on real connections leaves nothing half-done."""
    options = Options(sites=2)
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


def test_what_chance_made_is_masked_and_nothing_for_how_it_looks():
    """Secrets and times differ from run to run, wherever they stand; long names and other numbers do not."""
    mask = Mask([{"provider_id": "uH2wR0cBfs-9_0LZ", "secret": "eyJh.bGci.x-y"}])
    row = {
        "provider_id": "uH2wR0cBfs-9_0LZ",
        "uri": "https://a.example/dav/uH2wR0cBfs-9_0LZ",
        "name": "a-thesis-of-many-words_2026",
        "received": 1767225600.5,
        "expiration": None,
        "size": 1767225600.5,
        "left": ["eyJh.bGci.x-y"],
    }

    assert "received a.example <provider_id> " + json.dumps(
        {
            "expiration": None,
            "left": ["<secret>"],
            "name": "a-thesis-of-many-words_2026",
            "provider_id": "<provider_id>",
            "received": "<time>",
            "size": 1767225600.5,
            "uri": "https://a.example/dav/<provider_id>",
        }
    ) == mask.row("received", "a.example uH2wR0cBfs-9_0LZ", row)


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ({"name": "quite-another-long-name_1"}, '"name": "quite-another-long-name_1"'),
        ({"uri": "somebody-elses-identifier"}, '"uri": "somebody-elses-identifier"'),
        ({"owner": "aVeryLongIdentifierOfSomebody@x.example"}, "aVeryLongIdentifierOfSomebody"),
        ({"expiration": None}, '"expiration": null'),
        ({"secret": ""}, '"secret": ""'),
        ({"permissions": ("read", "write")}, '"write"'),
    ],
)
def test_a_planted_difference_is_told(change, seen):
    """What one world has and the other has not is not masked away, however long or fractional it is."""
    outcomes = []
    for planted in ({}, change):
        mesh = Mesh(2)
        if planted:  # another time, and other chance
            mesh.advance(5.5)
            for host in mesh.hosts:
                mesh.site(host)
                mesh.crash(host)
                mesh.restart(host)
        alice, bob = mesh.person("alice@alpha.example.org"), mesh.person("bob@beta.example.org")
        mesh.run(alice.share("/notes.txt", bob.address, expiration=int(mesh.now) + 3600))
        (share,) = bob.received()
        bob.site.records.commit([replace(share, **planted).put()])
        outcomes.append(outcome(mesh))
    told = differences(*outcomes)

    assert 2 == len(told), told
    assert seen in told[1]
    assert all(" beta.example.org: received " in line for line in told)
