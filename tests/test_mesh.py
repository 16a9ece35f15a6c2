"""The mesh: made lazily, crashed and restarted, and the same each time."""

import pytest

from meshsim.mesh import Mesh, Plan, SiteDown, Topology, names

ALPHA, BETA = "alpha.example.org", "beta.example.org"


def test_sites_are_made_when_they_are_needed(make_mesh):
    """A big mesh is a list of names until somebody speaks to somebody."""
    mesh = make_mesh(5000)
    assert 5000 == len(mesh.hosts) == len({*mesh.hosts})
    assert {} == mesh.up
    with mesh.client() as client:
        assert client.get(f"https://{mesh.hosts[4321]}/.well-known/ocm").json()["enabled"]

    assert [mesh.hosts[4321]] == list(mesh.up)


def test_people_are_found_by_address(mesh):
    """Somebody who is nowhere is no person."""
    assert "alice" == mesh.person(f"alice@{ALPHA}").user.id
    for nobody in (f"nobody@{ALPHA}", "alice@nowhere.example", f"Alice@{ALPHA}"):
        with pytest.raises(LookupError):
            mesh.person(nobody)


def test_records_and_files_outlive_a_crash(mesh, alice, bob):
    """Memory does not: tokens, sessions and what was learned of peers are gone."""
    mesh.run(alice.share("/notes.txt", bob.address))
    alice.put("new.txt", b"kept")
    assert mesh.site(ALPHA).peers.known
    mesh.crash(ALPHA)
    with pytest.raises(SiteDown):
        alice.given()
    mesh.restart(ALPHA)

    assert 1 == len(alice.given())
    assert b"kept" == mesh.run(alice.get("new.txt"))
    assert {} == mesh.site(ALPHA).peers.known


def test_a_restart_takes_up_what_was_left(mesh, alice, bob):
    """Without anybody asking the site for anything."""
    mesh.run(alice.site.peers.discover(BETA))
    mesh.crash(BETA)
    mesh.run(alice.share("/notes.txt", bob.address))
    mesh.crash(ALPHA)
    mesh.restart(BETA)
    mesh.restart(ALPHA)
    mesh.settle()

    assert ["pending"] == [share.state for share in alice.given()]


def test_one_seed_is_one_run_and_another_another():
    """Down to the last byte of the transcript."""

    def digest(seed):
        mesh = Mesh(2, seed)
        alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
        mesh.run(bob.accept_invite(alice.invite()))
        mesh.run(alice.share("/notes.txt", bob.address))
        return mesh.transcript.digest()

    assert digest(1) == digest(1) != digest(2)


def test_a_topology_says_who_is_there(make_mesh):
    """Ports, accents, users; a directory is a host beside the sites."""
    plans = (Plan("a.example:8443", users=3), Plan("B.example", dialect="ocm_1_0"))
    mesh = make_mesh(Topology(plans, directory="d.example"))

    assert ("a.example:8443", "b.example") == mesh.hosts
    assert "u3" == mesh.person("u3@a.example:8443").user.id
    assert "ScienceMesh" == mesh.site("d.example").profile.federation
    assert "/ocm-provider/" in mesh.site("b.example").profile.dialect.discovery_served


def test_what_does_not_exist_is_named(make_mesh):
    """A misspelt plug-in is told with those that there are."""
    for changes, known in (({"dialect": "klingon"}, "standard"), ({"token_kind": "x"}, "exchanged")):
        with pytest.raises(LookupError, match=known):
            make_mesh(Topology((Plan("a.example", **changes),))).site("a.example")
    with pytest.raises(KeyError):
        make_mesh(1).site("nowhere.example")


def test_names_are_as_many_as_asked_for():
    """Greek letters, then numbers."""
    assert ["alpha", "beta"] == list(names(2))
    assert 100 == len({*names(100)})


def test_an_accident_under_somebodys_hands_is_told_and_the_rest_goes_on(mesh, alice, bob):
    """SiteDown to whom it concerns; the other site answers as before."""
    mesh.crash_at(ALPHA, 0, after=True)
    with pytest.raises(SiteDown, match=ALPHA):
        mesh.run(alice.share("/notes.txt", bob.address))

    assert (False, True) == (alice.is_up, bob.is_up)
    assert bob.invite()


def test_facts_tell_of_every_site_that_was_used(make_mesh):
    """Records, files and clocks; sites that nobody used are left out."""
    plans = (Plan(ALPHA), Plan(BETA, clock="offset", clock_options={"seconds": 30.0}), Plan("c.example.org"))
    mesh = make_mesh(Topology(plans))
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    mesh.run(alice.share("/notes.txt", bob.address))
    facts = mesh.facts()

    assert [ALPHA, BETA] == list(facts.stores) == list(facts.storages) == list(facts.clocks)
    assert (100.0, 130.0) == (facts.clocks[ALPHA](100.0), facts.clocks[BETA](100.0))
    assert mesh.now == facts.ended
    assert len(list(facts.transcript)) == len(list(mesh.transcript)) > 0
