"""A run: its verdict follows from flows and invariants, and its line repeats it."""

import logging
from types import SimpleNamespace

import pytest

from meshsim import bundle, plugins, running
from meshsim.mesh import Topology, default_topology
from meshsim.ocm.errors import OcmError
from meshsim.site.sending import Sending
from meshsim.story import Options


def scenario(story, faults=None):
    made = {"topology": lambda options: default_topology(2), "story": story}
    return SimpleNamespace(**made, **({"faults": faults} if faults else {}))


async def honest(mesh, flows):
    alice, bob = mesh.person("alice@alpha.example.org"), mesh.person("bob@beta.example.org")
    await flows.expect("meet", *mesh.hosts, bob.accept_invite(alice.invite()))
    share = await flows.expect("share", *mesh.hosts, alice.share("/notes.txt", bob.address))
    received = await bob.accept(bob.received_from(share, mesh.hosts[0]))
    await flows.expect("read", *mesh.hosts, bob.read(received))
    await flows.expect("unshare", *mesh.hosts, alice.unshare(share))


def test_an_honest_run_is_ok_and_says_the_same_twice():
    """Everything looked at, everything right, one digest."""
    one, two = (running.run("x", scenario(honest), Options()).report for _ in range(2))

    assert one["ok"]
    assert all(found["ok"] and found["checked"] for found in one["invariants"])
    assert one == two


def test_another_seed_is_another_run():
    """Secrets and identifiers follow the seed."""
    digests = {running.run("x", scenario(honest), Options(seed=seed)).report["digest"] for seed in (0, 1)}

    assert 2 == len(digests)


def test_a_run_without_flows_is_not_ok():
    """A story in which nothing happened has shown nothing."""

    async def nothing(mesh, flows):
        pass

    assert not running.run("x", scenario(nothing), Options()).report["ok"]


@pytest.mark.parametrize("where", ["log", "report"])
def test_a_secret_that_people_can_read_is_seen(where):
    """What is logged while a run lasts, and what its report says, is looked at."""

    async def careless(mesh, flows):
        await honest(mesh, flows)
        row = next(mesh.store("alpha.example.org").rows("sent"))
        if where == "log":
            logging.getLogger("somebody").warning("open with %s", row.secret)
        else:
            flows.note("tell", *mesh.hosts, f"{row.secret} opens it")

    findings = running.run("x", scenario(careless), Options()).report["invariants"]
    before = len(logging.getLogger().handlers)

    assert ["secrets"] == [found["name"] for found in findings if not found["ok"]]
    running.run("x", scenario(honest), Options())
    assert before == len(logging.getLogger().handlers)


def test_a_story_that_breaks_off_is_judged_when_all_is_quiet():
    """What was under way is told to its end, and only the story is to blame."""

    async def breaks_off(mesh, flows):
        mesh.fabric.add_fault("lost", plugins.load("faults", "lost_answer")(path="/ocm/shares", count=1))
        alice, bob = mesh.person("alice@alpha.example.org"), mesh.person("bob@beta.example.org")
        await flows.expect("share", *mesh.hosts, alice.share("/notes.txt", bob.address))
        raise OcmError("the end")

    report = running.run("x", scenario(breaks_off), Options()).report

    assert [("share", True), ("story", False)] == [(flow["name"], flow["ok"]) for flow in report["flows"]]
    assert all(found["ok"] for found in report["invariants"])


def test_a_broken_invariant_makes_the_run_wrong(monkeypatch):
    """A sender that forgets to end a share is found, although every flow went well."""

    async def forgetful(self, owner, provider_id):
        return self.get(provider_id, owner)

    monkeypatch.setattr(Sending, "unshare", forgetful)
    monkeypatch.setattr(Sending, "answered", lambda self, host, notification: None)
    report = running.run("x", scenario(honest), Options()).report

    assert all(flow["ok"] for flow in report["flows"])
    assert not report["ok"]
    assert "same_story" in [found["name"] for found in report["invariants"] if not found["ok"]]


def test_faults_of_the_command_line_take_the_place_of_the_scenarios():
    """Both are read by name; one that does not exist is refused with what there is."""
    planned = scenario(honest, faults=lambda options: ["lost_answer:path=/shares,count=1"])
    report = running.run("x", planned, Options()).report
    quiet = running.run("x", planned, Options(), ["delay:probability=0"]).report

    assert report["exchanges"] > quiet["exchanges"]
    with pytest.raises(ValueError, match="lost_answer"):
        running.load_faults(["gremlins"])


def test_the_repeat_line_names_what_was_asked():
    """It can be pasted as it is."""
    line = running.repeat("lossy", Options(sites=4, users=None, seed=7), ["delay:seconds=3"])

    assert "meshsim run lossy --sites 4 --seed 7 --fault 'delay:seconds=3'" == line


def test_every_scenario_says_what_it_is_and_how_it_is_made():
    """Docstring, topology and story are the contract of a scenario."""
    for name in bundle.names("scenarios"):
        module = bundle.load("scenarios", name)

        assert module.__doc__
        assert isinstance(module.topology(Options(sites=3, users=30)), Topology)
        assert callable(module.story)
