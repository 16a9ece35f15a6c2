"""Giving shares, changing them, taking them back."""

import json

import pytest

from meshsim.mesh import Mesh, Plan, Topology
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.errors import Forbidden, LocalError, PeerError
from meshsim.ocm.lifecycle import Share
from meshsim.wire import Response

BETA = "beta.example.org"


def offers(mesh):
    return [e for e in mesh.transcript if e.request.url.endswith("/shares")]


def test_a_share_arrives(mesh, alice, bob):
    """What one gives, the other has: same name, permissions and sender."""
    share = mesh.run(alice.share("/notes.txt", bob.address, ("read", "write")))
    (received,) = bob.received()

    assert Share.PENDING is share.state is received.state
    assert ("notes.txt", ("read", "write")) == (received.name, received.permissions)
    assert str(alice.address) == received.sender == received.owner


def test_the_notification_says_what_the_draft_asks(mesh, alice, bob):
    """Every required member is there, and the secret is only in the body."""
    share = mesh.run(alice.share("/papers", bob.address, expiration=int(mesh.now) + 3600))
    (exchange,) = offers(mesh)
    body = json.loads(exchange.request.body)

    assert {
        "shareWith",
        "name",
        "providerId",
        "owner",
        "sender",
        "shareType",
        "resourceType",
        "protocol",
    } <= {*body}
    assert "folder" == body["resourceType"]
    assert int(mesh.now) + 3600 >= body["expiration"]
    assert {"uri", "sharedSecret", "permissions"} <= {*body["protocol"]["webdav"]}
    assert share.secret not in exchange.request.url


def test_acceptance_reaches_the_sender(mesh, alice, bob):
    """Once Bob accepts, Alice's server knows it."""
    share = mesh.run(alice.share("/notes.txt", bob.address))
    mesh.run(bob.accept(bob.received()[0]))

    assert Share.ACCEPTED is alice.site.records.sent(share.provider_id).state


def test_a_declined_share_opens_nothing(mesh, alice, bob):
    """Once Bob declines, the share has ended on both sides."""
    mesh.run(alice.share("/notes.txt", bob.address))
    received = mesh.run(bob.decline(bob.received()[0]))

    assert [] == bob.received()
    assert Share.DECLINED is alice.given()[0].state
    with pytest.raises(LocalError, match="not accepted"):
        mesh.run(bob.read(received))


def test_an_unshared_file_is_gone_at_once(mesh, alice, bob):
    """The credential stops working even before the other side has been told."""
    share = mesh.run(alice.share("/notes.txt", bob.address))
    received = mesh.run(bob.accept(bob.received()[0]))
    mesh.fabric.add_fault("silence", lambda e, rng: _drop_notifications(e))
    mesh.run(alice.unshare(share))

    with pytest.raises(Forbidden):
        mesh.run(bob.read(received))


def _drop_notifications(envelope):
    from meshsim.faults import PASS, Drop

    return Drop() if envelope.request.url.endswith("/notifications") else PASS


def test_changed_permissions_hold_on_both_sides(mesh, alice, bob):
    """Write can be given and taken; the receiver is told and the sender enforces it."""
    share = mesh.run(alice.share("/notes.txt", bob.address))
    received = mesh.run(bob.accept(bob.received()[0]))
    with pytest.raises(Forbidden):
        mesh.run(bob.write(received, "", b"no"))
    mesh.run(alice.change_permissions(share, ("read", "write")))
    mesh.run(bob.write(received, "", b"yes"))

    assert ("read", "write") == bob.received()[0].permissions
    assert b"yes" == mesh.run(alice.get("notes.txt"))


def test_an_expired_share_opens_nothing(mesh, alice, bob):
    """After its expiration a share is listed nowhere and gives no access."""
    mesh.run(alice.share("/notes.txt", bob.address, expiration=int(mesh.now) + 60))
    received = mesh.run(bob.accept(bob.received()[0]))
    assert mesh.run(bob.read(received))
    mesh.advance(61)

    assert [] == bob.received()
    with pytest.raises(LocalError, match="expired"):
        mesh.run(bob.read(received))


@pytest.mark.parametrize(
    ("path", "changes", "reason"),
    [
        ("/nothing.txt", {}, "no file or folder"),
        ("", {}, "no file or folder"),
        ("/../bob/notes.txt", {}, "no file or folder"),
        ("/a\x00b", {}, "no file or folder"),
        ("/notes.txt", {"permissions": ()}, "permissions"),
        ("/notes.txt", {"permissions": ("read", "read")}, "permissions"),
        ("/notes.txt", {"permissions": ("view",)}, "permissions"),
        ("/notes.txt", {"expiration": 1}, "past"),
        ("/notes.txt", {"share_type": "federation"}, "federation"),
    ],
)
def test_what_cannot_be_shared_is_refused_here(mesh, alice, bob, path, changes, reason):
    """A bad wish of our own user is refused with its reason, and nothing is sent or kept."""
    with pytest.raises(LocalError, match=reason):
        mesh.run(alice.share(path, bob.address, **changes))

    assert [] == alice.given()
    assert [] == offers(mesh)


def test_nobody_is_given_the_same_thing_twice(mesh, alice, bob):
    """One resource has one live share to one recipient; after unsharing there can be another."""
    share = mesh.run(alice.share("/notes.txt", bob.address))
    with pytest.raises(LocalError, match="already shared"):
        mesh.run(alice.share("/notes.txt", bob.address))
    mesh.run(alice.unshare(share))
    again = mesh.run(alice.share("/notes.txt", bob.address))

    assert share.provider_id != again.provider_id
    assert 1 == len(bob.received())


def test_an_unknown_recipient_leaves_no_share(mesh, alice):
    """A refusal is told with the peer's reason, and the share is on neither side."""
    with pytest.raises(PeerError, match="nobody@beta"):
        mesh.run(alice.share("/notes.txt", OcmAddress("nobody", BETA)))

    assert [Share.FAILED] == [share.state for share in alice.given()]
    assert [] == list(mesh.site(BETA).records.received_by())


def test_only_201_means_success(mesh, alice, bob):
    """Any other success is not one (OCM-SHARE-123): the sender does not take the share for delivered."""
    from meshsim.faults import PASS, Answer

    def wrong(envelope, rng):
        there = envelope.response is None and envelope.request.url.endswith("/shares")
        return Answer(Response(200, {"content-type": "application/json"}, b"{}")) if there else PASS

    mesh.fabric.add_fault("wrong", wrong)
    with pytest.raises(PeerError, match="200 instead of 201"):
        mesh.run(alice.share("/notes.txt", bob.address))


def test_a_share_to_our_own_site_is_refused(mesh, alice):
    """A share by OCM goes to another server."""
    with pytest.raises(LocalError, match="at this site"):
        mesh.run(alice.share("/notes.txt", OcmAddress("bob", alice.address.host)))


def test_a_receiver_that_demands_exchange_gets_it():
    """must-exchange-token at the receiver puts the requirement into the share (OCM-SHARE-007)."""
    mesh = Mesh(Topology((Plan("alpha.example.org"), Plan(BETA, criteria=("must-exchange-token",)))))
    alice, bob = mesh.person("alice@alpha.example.org"), mesh.person(f"bob@{BETA}")
    share = mesh.run(alice.share("/notes.txt", bob.address))

    assert ("must-exchange-token",) == share.requirements == bob.received()[0].requirements


def test_a_sender_without_exchange_cannot_share_with_one_that_demands_it():
    """OCM-SHARE-009: no share is made, and the reason is named."""
    mesh = Mesh(
        Topology(
            (
                Plan("alpha.example.org", settings={"exchange": False}),
                Plan(BETA, criteria=("must-exchange-token",)),
            )
        )
    )
    alice, bob = mesh.person("alice@alpha.example.org"), mesh.person(f"bob@{BETA}")
    with pytest.raises(LocalError, match="exchange"):
        mesh.run(alice.share("/notes.txt", bob.address))

    assert [] == alice.given()


def test_group_shares_reach_every_member():
    """Each member sees it; it ends for the group when all have left."""
    mesh = Mesh(Topology((Plan("alpha.example.org"), Plan(BETA, groups={"lab": ("bob", "carol")}))))
    alice = mesh.person("alice@alpha.example.org")
    bob, carol = mesh.person(f"bob@{BETA}"), mesh.person(f"carol@{BETA}")
    mesh.run(alice.share("/notes.txt", OcmAddress("lab", BETA), share_type="group"))
    received = mesh.run(bob.accept(bob.received()[0]))

    assert mesh.run(carol.read(received)) == mesh.run(bob.read(received))
    mesh.run(bob.decline(received))
    assert ([], 1) == (bob.received(), len(carol.received()))
    mesh.run(carol.decline(received))
    assert Share.DECLINED is alice.given()[0].state


def test_a_removed_group_ends_its_shares():
    """GROUP_REMOVED from the group's server takes back what was shared with it; from another, nothing."""
    mesh = Mesh(
        Topology((Plan("alpha.example.org"), Plan(BETA, groups={"lab": ("bob",)}), Plan("gamma.example.org")))
    )
    alice, bob = mesh.person("alice@alpha.example.org"), mesh.person(f"bob@{BETA}")
    group = OcmAddress("lab", BETA)
    mesh.run(alice.share("/notes.txt", group, share_type="group"))

    def removal(host):
        from meshsim.ocm import notification as note

        detail = note.Detail(group=note.GroupDetail(group_id=str(group)))
        message = note.Notification(
            notification_type=note.GROUP_REMOVED,
            sender_domain=host,
            share_type="group",
            notification=detail,
        )
        return mesh.site(host).notify("alpha.example.org", message, "")

    with pytest.raises(PeerError, match="403"):
        mesh.run(removal("gamma.example.org"))
    assert Share.PENDING is alice.given()[0].state
    mesh.run(removal(BETA))
    mesh.settle()

    assert Share.REVOKED is alice.given()[0].state
    assert [] == bob.received()


def test_a_second_factor_is_asked_of_who_promises_it():
    """must-use-mfa is set towards a server with enforce-mfa only, and honoured there (OCM-MFA-002, 003)."""
    plans = (Plan("alpha.example.org"), Plan(BETA, settings={"mfa": True}), Plan("gamma.example.org"))
    mesh = Mesh(Topology(plans))
    alice, bob = mesh.person("alice@alpha.example.org"), mesh.person(f"bob@{BETA}")
    with pytest.raises(LocalError, match="second factor"):
        mesh.run(alice.share("/notes.txt", OcmAddress("bob", "gamma.example.org"), require_mfa=True))
    mesh.run(alice.share("/notes.txt", bob.address, require_mfa=True))
    received = mesh.run(bob.accept(bob.received()[0]))

    assert ("must-use-mfa",) == received.requirements
    with pytest.raises(LocalError, match="second factor"):
        mesh.run(bob.read(received))
    assert 200 == mesh.run(bob.request(received, "GET", second_factor=True)).status
