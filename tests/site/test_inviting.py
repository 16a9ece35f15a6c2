"""Invites, contacts and their end."""

import json

import pytest
from msgspec.structs import replace

from meshsim.faults import PASS, Answer
from meshsim.mesh import Plan, Topology
from meshsim.ocm.errors import LocalError, OcmError
from meshsim.ocm.invite import Invite
from meshsim.ocm.lifecycle import Deal, Share
from meshsim.site.records import Contact

pytestmark = pytest.mark.mesh(3)

ALPHA, BETA = "alpha.example.org", "beta.example.org"


def acceptance(mesh, source, target, **body):
    """POST /invite-accepted from one site to another, signed by the first."""
    site = mesh.site(source)

    async def send():
        peer = await site.peers.discover(target)
        url = f"https://{target}/ocm/invite-accepted"
        headers = {"content-type": "application/json"}
        return await site.peers.send_signed(peer, url, json.dumps(body).encode(), headers)

    response = mesh.run(send())
    return response.status, json.loads(response.body)


def body(token, provider="beta.example.org", user="bob"):
    return {
        "recipientProvider": provider,
        "token": token,
        "userID": user,
        "email": "b@example.org",
        "name": "Bob",
    }


def test_an_accepted_invite_makes_contacts_on_both_sides(mesh, alice, bob):
    """Each has the other, with name and address."""
    contact = mesh.run(bob.accept_invite(alice.invite().string))

    assert alice.address == contact.address
    assert [bob.address] == [c.address for c in alice.contacts()]
    assert alice.user.name == contact.name
    assert bob.user.name == alice.contacts()[0].name


def test_an_invite_is_used_once(mesh, alice, bob):
    """A second taker gets 409 and learns nothing; no contact comes of it."""
    invite = alice.invite()
    mesh.run(bob.accept_invite(invite))
    status, answer = acceptance(
        mesh, "gamma.example.org", "alpha.example.org", **body(invite.token, "gamma.example.org", "carol")
    )

    assert 409 == status
    assert {"message"} == {*answer}
    assert 1 == len(alice.contacts())


def test_a_replay_by_the_same_taker_is_409_with_what_it_was_told(mesh, alice, bob):
    """Whoever lost the answer can still learn whom they met."""
    invite = alice.invite()
    mesh.run(bob.accept_invite(invite))
    status, answer = acceptance(mesh, "beta.example.org", "alpha.example.org", **body(invite.token))

    assert (409, "alice") == (status, answer["userID"])
    assert 1 == len(alice.contacts())


@pytest.mark.parametrize("token", ["unknown", "", "x" * 300])
def test_a_token_that_is_not_ours_is_400(mesh, alice, token):
    """Unknown and malformed tokens make no contact."""
    status, answer = acceptance(mesh, "beta.example.org", "alpha.example.org", **body(token))

    assert 400 == status
    assert answer["message"]
    assert [] == alice.contacts()


@pytest.mark.parametrize("user_id", ["bob@beta.example.org", "bob@https://beta.example.org"])
def test_a_user_id_with_its_host_in_it_is_the_same_person(make_mesh, user_id):
    """What oCIS and OpenCloud send for a userID: must-invite knows the contact, replay and removal too."""
    plans = (Plan(ALPHA, criteria=("must-invite",)), Plan(BETA), Plan("gamma.example.org"))
    mesh = make_mesh(Topology(plans))
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    invite = alice.invite()
    first = acceptance(mesh, BETA, ALPHA, **body(invite.token, user=user_id))
    again = acceptance(mesh, BETA, ALPHA, **body(invite.token))
    # Bob's site did not say that itself here, so what it would have written down is put there.
    bob.site.records.commit([Contact("bob", alice.address, "Alice", "a@example.org", mesh.now).put()])
    share = mesh.run(bob.share("/notes.txt", alice.address))
    given = mesh.run(alice.share("/papers", alice.contacts()[0].address.person))

    assert (200, 409) == (first[0], again[0])
    assert "alice" == first[1]["userID"] == again[1]["userID"]
    assert (Share.PENDING, Share.PENDING) == (share.state, given.state)
    mesh.run(alice.remove_contact(bob.address))
    assert [] == alice.contacts() == alice.received()


def test_an_answer_with_the_host_in_the_user_id_is_the_same_person(make_mesh):
    """Who invited us may be named like that, too."""
    mesh = make_mesh(Topology((Plan(ALPHA, criteria=("must-invite",)), Plan(BETA))))
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")

    def twice(envelope, rng):
        answer = envelope.response
        if answer is None or not envelope.request.url.endswith("/invite-accepted"):
            return PASS
        document = json.loads(answer.body)
        document["userID"] += f"@{BETA}"
        return Answer(replace(answer, body=json.dumps(document).encode()))

    mesh.fabric.add_fault("twice", twice)
    contact = mesh.run(alice.accept_invite(bob.invite()))
    share = mesh.run(bob.share("/notes.txt", alice.address))

    assert f"bob@{BETA}@{BETA}" == str(contact.address)
    assert Share.PENDING is share.state


def test_who_waits_for_an_answer_is_told_why_there_is_none(mesh, alice, bob):
    """Also when the inviting server never came back; and nothing of it is left once there is an answer."""
    mesh.crash(ALPHA)
    with pytest.raises(OcmError, match=f"no answer from {ALPHA} yet: discovery of {ALPHA} failed: "):
        mesh.run(bob.accept_invite(Invite("never-issued", ALPHA)))
    mesh.settle()
    (given_up,) = bob.site.records.joinings("bob")

    assert Deal.REFUSED is given_up.state
    assert given_up.reason.startswith(f"{ALPHA} could not be reached: discovery of {ALPHA} failed: ")

    mesh.restart(ALPHA)
    invite = alice.invite()
    mesh.crash(ALPHA)
    with pytest.raises(OcmError, match="no answer"):
        mesh.run(bob.accept_invite(invite))
    mesh.restart(ALPHA)
    mesh.settle()
    (_, joined) = sorted(bob.site.records.joinings("bob"), key=lambda joining: joining.state == Deal.DONE)

    assert (Deal.DONE, "") == (joined.state, joined.reason)


def test_an_expired_invite_is_400_and_stays_open(mesh, alice, bob):
    """Too late is refused with the reason."""
    invite = alice.invite(lifetime=60)
    mesh.advance(61)
    with pytest.raises(OcmError, match="expired"):
        mesh.run(bob.accept_invite(invite))

    assert Deal.OPEN is alice.site.records.invitation(invite.token).state
    assert [] == alice.contacts() == bob.contacts()


def test_an_invite_of_another_site_is_refused(mesh, alice, bob):
    """A token is worth nothing at a site that did not issue it."""
    wrong = Invite(alice.invite().token, "gamma.example.org")
    with pytest.raises(OcmError, match="not one of ours"):
        mesh.run(bob.accept_invite(wrong))


def test_nobody_can_accept_in_the_name_of_another_site(mesh, alice):
    """The signer must be recipientProvider (OCM-INV-050)."""
    status, _ = acceptance(mesh, "gamma.example.org", "alpha.example.org", **body(alice.invite().token))

    assert 401 == status
    assert [] == alice.contacts()


def test_our_own_invite_is_refused(mesh, alice):
    """An invite is for somebody at another site."""
    carol = mesh.person("carol@alpha.example.org")
    with pytest.raises(LocalError, match="issued here"):
        mesh.run(carol.accept_invite(alice.invite()))


def test_a_removed_contact_is_gone_on_both_sides(mesh, alice, bob):
    """With it go the shares between the two, in both directions; others stay."""
    carol = mesh.person("carol@beta.example.org")
    mesh.run(bob.accept_invite(alice.invite()))
    mesh.run(carol.accept_invite(alice.invite()))
    mesh.run(alice.share("/notes.txt", bob.address))
    mesh.run(bob.share("/notes.txt", alice.address))
    mesh.run(alice.share("/notes.txt", carol.address))
    mesh.run(alice.remove_contact(bob.address))
    mesh.settle()

    assert [] == bob.contacts() == bob.received() == alice.received()
    assert [carol.address] == [c.address for c in alice.contacts()]
    assert [alice.address] == [c.address for c in carol.contacts()]
    assert {bob.address: Share.REVOKED, carol.address: Share.PENDING} == {
        share.recipient: share.state for share in alice.given()
    }


def test_another_site_cannot_remove_our_contacts(mesh, alice, bob):
    """Only the server of a user can say that the user is gone (OCM-NOTIF-075)."""
    from meshsim.ocm import notification as note
    from meshsim.ocm.errors import PeerError

    mesh.run(bob.accept_invite(alice.invite()))
    message = note.Notification(
        notification_type=note.USER_REMOVED,
        sender_domain="gamma.example.org",
        share_type="user",
        notification=note.Detail(user=note.UserDetail(user_id=str(bob.address))),
    )
    with pytest.raises(PeerError, match="403"):
        mesh.run(mesh.site("gamma.example.org").notify("alpha.example.org", message, ""))

    assert [bob.address] == [c.address for c in alice.contacts()]


def lose_one(mesh, path, *, answer):
    """The next request to that path, or its answer, is lost."""
    from meshsim.faults import PASS, Drop

    left = [1]

    def rule(envelope, rng):
        there = envelope.request.url.endswith(path) and (envelope.response is not None) == answer
        if there and left[0]:
            left[0] -= 1
            return Drop()
        return PASS

    mesh.fabric.add_fault("lose one", rule)


def both(alice, bob):
    """Who has whom."""
    return [c.address for c in alice.contacts()], [c.address for c in bob.contacts()]


def test_an_end_comes_after_an_acceptance_that_is_under_way(mesh, alice, bob):
    """Bob's site lost the answer to his acceptance; that Alice ended the contact reaches him last."""
    lose_one(mesh, "/invite-accepted", answer=True)
    with pytest.raises(OcmError, match="no answer"):
        mesh.run(bob.accept_invite(alice.invite()))
    mesh.run(alice.remove_contact(bob.address))
    mesh.settle()

    assert ([], []) == both(alice, bob)


def test_who_meets_again_is_not_told_of_an_earlier_end(mesh, alice, bob):
    """The end of the first contact had not been told when the second was made."""
    mesh.run(bob.accept_invite(alice.invite()))
    lose_one(mesh, "/notifications", answer=False)
    mesh.run(alice.remove_contact(bob.address))
    mesh.run(bob.accept_invite(alice.invite()))
    mesh.settle()

    assert ([bob.address], [alice.address]) == both(alice, bob)


def test_an_acceptance_that_is_under_way_is_not_taken_back_by_an_end(mesh, alice, bob):
    """Alice's site waits for the answer before it tells of an end, and then they have met again."""
    mesh.run(bob.accept_invite(alice.invite()))
    invite = bob.invite()
    mesh.crash(bob.address.host)
    with pytest.raises(OcmError, match="no answer"):
        mesh.run(alice.accept_invite(invite))
    mesh.run(alice.remove_contact(bob.address))
    mesh.restart(bob.address.host)
    mesh.settle()

    assert ([bob.address], [alice.address]) == both(alice, bob)


def test_a_share_that_is_given_after_an_end_stands(mesh, alice, bob):
    """It is offered once the end has been told, which ends what was given before."""
    mesh.run(bob.accept_invite(alice.invite()))
    mesh.run(alice.share("/papers", bob.address))
    lose_one(mesh, "/notifications", answer=False)
    mesh.run(alice.remove_contact(bob.address))
    given = mesh.run(alice.share("/notes.txt", bob.address))
    assert Share.OFFERED is given.state
    mesh.settle()

    assert ["notes.txt"] == [share.name for share in bob.received()]
    assert {"papers": Share.REVOKED, "notes.txt": Share.PENDING} == {s.name: s.state for s in alice.given()}


def test_a_contact_of_another_site_is_not_ours_to_end(mesh, alice, bob):
    """USER_REMOVED names one of our users or nobody; a namesake elsewhere is not meant."""
    from meshsim.ocm import notification as note
    from meshsim.ocm.errors import PeerError

    mesh.run(bob.accept_invite(alice.invite()))
    message = note.Notification(
        notification_type=note.USER_REMOVED,
        sender_domain="beta.example.org",
        share_type="user",
        notification=note.Detail(
            user=note.UserDetail(user_id=str(bob.address), contact="alice@gamma.example.org")
        ),
    )
    with pytest.raises(PeerError, match="403"):
        mesh.run(mesh.site("beta.example.org").notify("alpha.example.org", message, ""))

    assert [bob.address] == [c.address for c in alice.contacts()]
