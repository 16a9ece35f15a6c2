"""Requests for shares and reshares, on both sides."""

import pytest

from meshsim.mesh import Plan, Topology
from meshsim.ocm.errors import LocalError
from meshsim.ocm.lifecycle import Deal

pytestmark = pytest.mark.mesh(3)


@pytest.fixture
def carol(mesh):
    return mesh.person("carol@gamma.example.org")


def reference(alice, path="notes.txt"):
    return alice.site.wishing.reference("alice", path)


def test_a_granted_request_becomes_a_share(mesh, alice, bob):
    """The owner is asked, agrees, and the asker has it (OCM-NOTIF-060 to 063)."""
    wish = mesh.run(bob.ask_share(alice.address, reference(alice)))
    (asked,) = alice.asked()

    assert (Deal.OPEN, Deal.OPEN, []) == (wish.state, asked.state, bob.received())
    mesh.run(alice.answer(asked, True))
    assert (Deal.DONE, Deal.DONE) == (bob.asked()[0].state, alice.asked()[0].state)
    assert ["notes.txt"] == [share.name for share in bob.received()]
    with pytest.raises(LocalError, match="already"):
        mesh.run(alice.answer(alice.asked()[0], False))


def test_a_refused_request_is_told(mesh, alice, bob):
    """SHARE_DECLINED with the shareId (OCM-NOTIF-064; wire.md section 8, 18)."""
    mesh.run(bob.ask_share(alice.address, reference(alice)))
    mesh.run(alice.answer(alice.asked()[0], False))

    assert (Deal.REFUSED, "the owner refused") == (bob.asked()[0].state, bob.asked()[0].reason)
    assert [] == bob.received()


def test_what_is_not_there_cannot_be_asked_for(mesh, alice, bob):
    """404, and nothing is put to anybody (OCM-NOTIF-066)."""
    for resource, kind in (("nonsense", "file"), (reference(alice), "folder")):
        wish = mesh.run(bob.ask_share(alice.address, resource, kind))

        assert Deal.REFUSED is wish.state
        assert "404" in wish.reason
    assert [] == alice.asked()


def test_nobody_asks_twice_or_for_somebody_else(mesh, alice, bob, carol):
    """One open request for a thing; only the owner answers it."""
    mesh.run(bob.ask_share(alice.address, reference(alice)))
    with pytest.raises(LocalError, match="already"):
        mesh.run(bob.ask_share(alice.address, reference(alice)))
    with pytest.raises(LocalError, match="no request"):
        mesh.run(mesh.person("bob@alpha.example.org").answer(alice.asked()[0], True))

    assert 1 == len(alice.asked())


@pytest.mark.parametrize(
    ("permissions", "asked", "state"),
    [
        (("read", "share"), ("read",), Deal.DONE),
        (("read",), ("read",), Deal.REFUSED),
        (("read", "share"), ("read", "write"), Deal.REFUSED),
    ],
)
def test_a_reshare_follows_the_permission(mesh, alice, bob, carol, permissions, asked, state):
    """Made by the owner's server, between it and the third (OCM-NOTIF-050 to 057)."""
    mesh.run(alice.share("/notes.txt", bob.address, permissions))
    received = mesh.run(bob.accept(bob.received()[0]))
    wish = mesh.run(bob.ask_reshare(received, carol.address, asked))

    assert state is wish.state
    owners = [str(alice.address)] if state is Deal.DONE else []
    assert owners == [share.sender for share in carol.received()]


def test_asking_again_makes_no_second_share(mesh, alice, bob, carol):
    """What is asked for is so already."""
    mesh.run(alice.share("/notes.txt", bob.address, ("read", "share")))
    received = mesh.run(bob.accept(bob.received()[0]))
    for _ in range(2):
        assert Deal.DONE is mesh.run(bob.ask_reshare(received, carol.address)).state

    assert 1 == len(carol.received())


def test_an_owner_may_want_to_be_asked(make_mesh):
    """A site can put reshares to its users; the request then is only being considered."""
    plans = (Plan("a.example", settings={"ask_reshare": True}), Plan("b.example"), Plan("c.example"))
    mesh = make_mesh(Topology(plans))
    alice, bob, carol = (mesh.person(f"{name}.example") for name in ("alice@a", "bob@b", "carol@c"))
    mesh.run(alice.share("/notes.txt", bob.address, ("read", "share")))
    received = mesh.run(bob.accept(bob.received()[0]))
    mesh.run(bob.ask_reshare(received, carol.address))
    assert [] == carol.received()
    mesh.run(alice.answer(alice.asked()[0], True))

    assert 1 == len(carol.received())
