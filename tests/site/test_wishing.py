"""Requests for shares and reshares, on both sides."""

import pytest

from meshsim.mesh import Plan, SiteDown, Topology
from meshsim.ocm.errors import LocalError, PeerError
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


def ask(mesh, source, target, **detail):
    """REQUEST_SHARE or REQUEST_RESHARE from one site to another, signed by the first."""
    from meshsim.ocm import notification as note

    kind = note.REQUEST_RESHARE if "provider_id" in detail else note.REQUEST_SHARE
    message = note.Notification(
        notification_type=kind,
        sender_domain=source,
        resource_type="file",
        notification=note.Detail(file=note.FileDetail(**detail)),
    )
    mesh.run(mesh.site(source).notify(target, message, ""))


def test_a_server_asks_for_its_own_people_only(mesh, alice, carol):
    """403, and the owner is not bothered."""
    with pytest.raises(PeerError, match=r"403: .* cannot ask on behalf of"):
        ask(
            *(mesh, "beta.example.org", "alpha.example.org"),
            owner=str(alice.address),
            share_id=reference(alice),
            share_with=str(carol.address),
            permissions=("read",),
        )

    assert [] == alice.asked()


def test_only_who_was_given_a_share_can_have_it_passed_on(mesh, alice, bob, carol):
    """404 for the share of another server, as for one that never was."""
    share = mesh.run(alice.share("/notes.txt", bob.address, ("read", "share")))
    for provider_id in (share.provider_id, "unknown"):
        with pytest.raises(PeerError, match="404"):
            ask(
                *(mesh, "gamma.example.org", "alpha.example.org"),
                provider_id=provider_id,
                share_with=str(carol.address),
            )

    assert [] == carol.received()


def test_what_has_expired_is_not_passed_on(mesh, alice, bob, carol):
    """And what is passed on lasts no longer than what was given."""
    until = int(mesh.now) + 60
    mesh.run(alice.share("/notes.txt", bob.address, ("read", "share"), expiration=until))
    received = mesh.run(bob.accept(bob.received()[0]))
    mesh.run(bob.ask_reshare(received, carol.address))
    assert [until] == [share.expiration for share in carol.received()]
    mesh.advance(61)
    dave = mesh.person("alice@gamma.example.org")
    wish = mesh.run(bob.ask_reshare(received, dave.address))

    assert Deal.REFUSED is wish.state
    assert [] == carol.received() == dave.received()


def test_a_refusal_told_late_does_not_refuse_what_was_asked_since(mesh, alice, bob):
    """The answer to the refusal was lost, and Bob asked again before it was repeated."""
    from meshsim.faults import PASS, Drop

    left = [1]

    def lose(envelope, rng):
        if envelope.response is not None and left and envelope.source == "alpha.example.org":
            left.pop()
            return Drop()
        return PASS

    mesh.run(bob.ask_share(alice.address, reference(alice)))
    mesh.run(alice.site.peers.discover("beta.example.org"))
    mesh.fabric.add_fault("lose", lose)
    mesh.run(alice.answer(alice.asked()[0], False))
    assert Deal.REFUSED is bob.asked()[0].state
    mesh.run(bob.ask_share(alice.address, reference(alice)))
    mesh.settle()

    assert not left
    assert (Deal.OPEN, Deal.OPEN) == (alice.asked()[0].state, bob.asked()[0].state)


@pytest.mark.parametrize("agree", [True, False])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("commits", range(4))
def test_a_crash_while_answering_leaves_one_answer(mesh, alice, bob, commits, after, agree):
    """The owner decides again, if need be, and both sides have one story and at most one share."""
    mesh.run(bob.ask_share(alice.address, reference(alice)))
    mesh.crash_at("alpha.example.org", commits, after=after)
    try:
        mesh.run(alice.answer(alice.asked()[0], True))
    except SiteDown:
        mesh.restart("alpha.example.org")
    mesh.journal.crashes.clear()
    mesh.settle()
    if alice.asked()[0].state is Deal.OPEN:
        mesh.run(alice.answer(alice.asked()[0], agree))
    mesh.settle()

    assert alice.asked()[0].state is bob.asked()[0].state
    assert (alice.asked()[0].state is Deal.DONE) == (1 == len(bob.received()))


def test_a_request_outlives_a_crash_of_the_asker(mesh, alice, bob):
    """It is asked once the owner's site is back, and put to her once."""
    known = reference(alice)
    mesh.crash("alpha.example.org")
    assert Deal.OPEN is mesh.run(bob.ask_share(alice.address, known)).state
    mesh.crash("beta.example.org")
    mesh.restart("alpha.example.org")
    mesh.restart("beta.example.org")
    mesh.settle()

    assert [Deal.OPEN] == [wish.state for wish in alice.asked()]


def test_silence_ends_a_request(mesh, alice, bob):
    """After a week without an answer of the server the asker is told so."""
    known = reference(alice)
    mesh.crash("alpha.example.org")
    mesh.run(bob.ask_share(alice.address, known))
    mesh.advance(8 * 86400)

    assert (Deal.REFUSED, "no answer") == (bob.asked()[0].state, bob.asked()[0].reason)


def test_an_owner_is_not_asked_to_pass_on_what_has_expired(make_mesh):
    """404 at once, also where reshares are put to the users."""
    plans = (Plan("a.example", settings={"ask_reshare": True}), Plan("b.example"), Plan("c.example"))
    mesh = make_mesh(Topology(plans))
    alice, bob, carol = (mesh.person(f"{name}.example") for name in ("alice@a", "bob@b", "carol@c"))
    until = int(mesh.now) + 60
    mesh.run(alice.share("/notes.txt", bob.address, ("read", "share"), expiration=until))
    received = mesh.run(bob.accept(bob.received()[0]))
    mesh.advance(61)
    wish = mesh.run(bob.ask_reshare(received, carol.address))

    assert Deal.REFUSED is wish.state
    assert "404" in wish.reason
    assert [] == alice.asked()


def test_only_the_server_that_was_asked_can_refuse(mesh, alice, bob):
    """SHARE_DECLINED of another one, with the id of the resource, is about nothing it knows."""
    from meshsim.ocm import notification as note

    mesh.run(bob.ask_share(alice.address, reference(alice)))
    message = note.Notification(
        notification_type=note.SHARE_DECLINED,
        sender_domain="gamma.example.org",
        resource_type="file",
        notification=note.Detail(file=note.FileDetail(provider_id=reference(alice))),
    )
    with pytest.raises(PeerError, match="404"):
        mesh.run(mesh.site("gamma.example.org").notify("beta.example.org", message, ""))

    assert Deal.OPEN is bob.asked()[0].state
