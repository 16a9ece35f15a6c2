"""Taking in shares: what is refused, with which status, and what repetition does."""

import json

import pytest

from meshsim import plugins
from meshsim.mesh import Plan, Topology
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.errors import LocalError, OcmError, PeerError
from meshsim.ocm.lifecycle import OPEN, Share

ALPHA, BETA = "alpha.example.org", "beta.example.org"


def pair(make_mesh, **changes):
    """Alpha as it is, beta with other rules."""
    return make_mesh(Topology((Plan(ALPHA), Plan(BETA, **{"groups": {"lab": ("bob", "carol")}, **changes}))))


DAV = {"uri": "sh-1", "sharedSecret": "s", "permissions": ["read"]}


def creation(**changes):
    made = {
        "shareWith": f"bob@{BETA}",
        "name": "notes.txt",
        "providerId": "sh-1",
        "owner": f"alice@{ALPHA}",
        "sender": f"alice@{ALPHA}",
        "shareType": "user",
        "resourceType": "file",
        "protocol": {
            "name": "multi",
            "webdav": {"uri": "sh-1", "sharedSecret": "s", "permissions": ["read"]},
        },
    }
    return {name: value for name, value in {**made, **changes}.items() if value is not None}


def offer(mesh, document, *, signed=True):
    """POST /shares from alpha to beta, as it is: status and body."""
    site = mesh.site(ALPHA)

    async def send():
        url, body = f"https://{BETA}/ocm/shares", json.dumps(document).encode()
        headers = {"content-type": "application/json"}
        if signed:
            peer = await site.peers.discover(BETA)
            return await site.peers.send_signed(peer, url, body, headers)
        from meshsim.wire import Request

        return await site.ports.network.send(Request("POST", url, headers, body))

    answer = mesh.run(send())
    return answer.status, json.loads(answer.body)


def held(mesh):
    return list(mesh.site(BETA).records.received_by())


def test_a_good_share_is_taken_with_the_recipients_name(make_mesh):
    """201 and recipientDisplayName (OCM-SHARE-111, 112)."""
    mesh = pair(make_mesh)
    status, body = offer(mesh, creation())

    assert (201, mesh.site(BETA).user("bob").name) == (status, body["recipientDisplayName"])
    assert [Share.PENDING] == [share.state for share in held(mesh)]


STRICT = {"uri": "s", "sharedSecret": "s", "requirements": ["must-exchange-token"]}


@pytest.mark.parametrize(
    ("status", "document", "rules"),
    [
        (400, creation(shareWith=f"nobody@{BETA}"), {}),
        (400, creation(shareWith=f"Bob@{BETA}"), {}),
        (400, creation(shareWith="bob@gamma.example.org"), {}),
        (400, creation(shareWith=f"nolab@{BETA}", shareType="group"), {}),
        (400, creation(name=None), {}),
        (403, creation(owner="alice@gamma.example.org"), {}),
        (501, creation(shareType="federation"), {}),
        (501, creation(resourceType="calendar"), {}),
        (501, creation(protocol={"name": "multi", "ssh": {"uri": "a@alpha.example.org:22/x"}}), {}),
        (
            501,
            creation(protocol={"name": "multi", "webdav": {**STRICT, "requirements": ["must-use-mfa"]}}),
            {},
        ),
        (501, creation(protocol={"name": "multi", "webdav": STRICT}), {"settings": {"exchange": False}}),
        (403, creation(), {"criteria": ("must-exchange-token",)}),
        (
            403,
            creation(protocol={"name": "webdav", "options": {"sharedSecret": "s"}}),
            {"criteria": ("must-exchange-token",)},
        ),
        (403, creation(), {"criteria": ("must-invite",)}),
        (403, creation(), {"policies": (("denylist", {"hosts": [ALPHA]}),)}),
        (403, creation(), {"policies": (("allowlist", {"hosts": ["gamma.example.org"]}),)}),
    ],
    ids=str,
)
def test_what_is_refused_leaves_nothing_and_says_why(make_mesh, status, document, rules):
    """The status of the draft, a message, and no record."""
    mesh = pair(make_mesh, **rules)
    found, body = offer(mesh, document)

    assert status == found, body
    assert body["message"]
    assert [] == held(mesh)


def test_a_site_that_is_switched_off_takes_nothing(make_mesh):
    """501, and its discovery document says so, so that nobody should ask (OCM-DISC-062)."""
    mesh = pair(make_mesh, settings={"enabled": False})
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")

    assert 501 == offer(mesh, creation(), signed=False)[0]
    with pytest.raises(PeerError, match="switched OCM off"):
        mesh.run(alice.share("/notes.txt", bob.address))


def silence(mesh):
    """Alpha never hears what became of a share that it did not send itself."""
    lost = plugins.load("faults", "lost_request")
    mesh.fabric.add_fault("lost_request", lost(path="/ocm/notifications"))


def test_criteria_are_published(make_mesh):
    """What is enforced is said beforehand, lists included (OCM-DISC-041)."""
    rules = {"criteria": ("must-invite",), "policies": (("denylist", {"hosts": []}),)}

    assert ("must-invite", "denylist") == pair(make_mesh, **rules).site(BETA).discovery.criteria


def test_an_unsigned_share_of_a_server_that_signs_is_refused(make_mesh):
    """Whether or not signatures are demanded: it was not that server (OCM-SHARE-130)."""
    for criteria in ((), ("must-use-http-sig",)):
        mesh = pair(make_mesh, criteria=criteria)

        assert 401 == offer(mesh, creation(), signed=False)[0]
        assert [] == held(mesh)


def test_a_sender_that_cannot_sign_is_taken_unless_signatures_are_demanded(make_mesh):
    """OCM-SIG-013, 014"""
    for criteria, status in (((), 201), (("must-use-http-sig",), 401)):
        mesh = make_mesh(
            Topology((Plan(ALPHA, dialect_options={"signed": False}), Plan(BETA, criteria=criteria)))
        )

        assert status == offer(mesh, creation())[0]


def test_an_invite_opens_the_door(make_mesh):
    """must-invite: after an invite between the two, and only for these two."""
    mesh = pair(make_mesh, criteria=("must-invite",))
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    carol = mesh.person(f"carol@{BETA}")
    with pytest.raises(LocalError, match="invite"):
        mesh.run(alice.share("/notes.txt", bob.address))
    mesh.run(bob.accept_invite(alice.invite()))
    mesh.run(alice.share("/notes.txt", bob.address))
    with pytest.raises(LocalError, match="invite"):
        mesh.run(alice.share("/notes.txt", carol.address))

    assert 403 == offer(mesh, creation(sender=f"carol@{ALPHA}", owner=f"carol@{ALPHA}"))[0]
    assert 1 == len(bob.received())


def test_the_same_again_is_201_and_anything_else_409(make_mesh):
    """wire.md section 8, 10; a revoked one stays revoked."""
    mesh = pair(make_mesh)

    assert [201, 201, 409] == [
        offer(mesh, document)[0] for document in (creation(), creation(), creation(name="other.txt"))
    ]
    assert ["notes.txt"] == [share.name for share in held(mesh)]


def test_a_share_with_mfa_needs_a_second_factor(make_mesh):
    """A server that announced enforce-mfa gives no access without it (OCM-MFA-004)."""
    mesh = pair(make_mesh, settings={"mfa": True})
    silence(mesh)
    webdav = {"uri": "s", "sharedSecret": "s", "permissions": ["read"], "requirements": ["must-use-mfa"]}
    assert 201 == offer(mesh, creation(protocol={"name": "multi", "webdav": webdav}))[0]
    bob = mesh.person(f"bob@{BETA}")
    share = mesh.run(bob.accept(bob.received()[0]))
    with pytest.raises(LocalError, match="second factor"):
        mesh.run(bob.request(share, "GET"))

    assert 401 == mesh.run(bob.request(share, "GET", second_factor=True)).status


def test_a_share_belongs_to_its_recipient(make_mesh):
    """Nobody else at the site can answer or open it."""
    mesh = pair(make_mesh)
    offer(mesh, creation())
    bob, carol = mesh.person(f"bob@{BETA}"), mesh.person(f"carol@{BETA}")
    for act in (carol.accept, carol.decline, carol.read):
        with pytest.raises(LocalError, match="no share"):
            mesh.run(act(bob.received()[0]))

    assert [] == carol.received()


def test_an_answer_that_does_not_fit_is_refused(make_mesh):
    """What was declined cannot be accepted any more."""
    mesh = pair(make_mesh)
    silence(mesh)
    offer(mesh, creation())
    bob = mesh.person(f"bob@{BETA}")
    share = bob.received()[0]
    mesh.run(bob.decline(share))
    with pytest.raises(LocalError, match="cannot accept what is declined"):
        mesh.run(bob.accept(share))


def test_what_was_taken_back_is_not_offered_again(mesh, alice, bob):
    """409 for the very same notification (wire.md section 8, 10)."""
    share = mesh.run(alice.share("/notes.txt", bob.address))
    first = next(e.request for e in mesh.transcript if e.request.url.endswith("/shares"))
    mesh.run(alice.unshare(share))

    assert 409 == offer(mesh, json.loads(first.body))[0]
    assert [] == bob.received()


def test_an_expired_share_is_neither_listed_nor_accepted(make_mesh):
    """By the clock of the receiving site; what was never over there is over here."""
    mesh = pair(make_mesh)
    silence(mesh)
    until = int(mesh.now) + 60
    assert [201, 201] == [
        offer(mesh, creation(expiration=until))[0],
        offer(mesh, creation(providerId="sh-2", expiration=until + 60))[0],
    ]
    bob = mesh.person(f"bob@{BETA}")
    first, second = bob.received()
    mesh.advance(61)

    assert [second] == bob.received()
    with pytest.raises(LocalError, match="expired"):
        mesh.run(bob.accept(first))
    assert Share.ACCEPTED is mesh.run(bob.accept(second)).state


def test_a_group_share_concerns_its_members_only(make_mesh):
    """Each of them sees it until they leave; nobody else can touch it."""
    mesh = pair(make_mesh)
    silence(mesh)
    status, body = offer(mesh, creation(shareWith=f"lab@{BETA}", shareType="group"))
    bob, carol, alice = (mesh.person(f"{name}@{BETA}") for name in ("bob", "carol", "alice"))
    share = bob.received()[0]

    assert (201, "lab") == (status, body["recipientDisplayName"])
    assert [share] == carol.received()
    assert [] == alice.received()
    with pytest.raises(LocalError, match="no share"):
        mesh.run(alice.accept(share))
    mesh.run(bob.decline(share))
    assert ([], Share.PENDING) == (bob.received(), carol.received()[0].state)
    with pytest.raises(LocalError, match="no share"):
        mesh.run(bob.accept(share))
    mesh.run(carol.decline(carol.received()[0]))
    assert [Share.DECLINED] == [share.state for share in held(mesh)]


def test_exchange_that_the_sender_does_not_offer_cannot_be_required(make_mesh):
    """A requirement that nobody could fulfil is refused, instead of a share that never opens."""
    mesh = make_mesh(Topology((Plan(ALPHA, settings={"exchange": False}), Plan(BETA))))
    webdav = {**STRICT, "permissions": ["read"]}
    status, body = offer(mesh, creation(protocol={"name": "multi", "webdav": webdav}))

    assert 400 <= status < 500, body
    assert [] == held(mesh)


def test_a_sender_that_cannot_be_found_is_asked_to_come_again(make_mesh):
    """Who sent it cannot be checked just now: 503, not a refusal, and nothing is kept."""
    mesh = pair(make_mesh)
    broken = plugins.load("faults", "wrong_status")
    mesh.fabric.add_fault("wrong_status", broken(source=BETA, target=ALPHA, status=503))

    assert 503 == offer(mesh, creation())[0]
    assert [] == held(mesh)


def test_a_share_that_the_sender_does_not_know_is_lost_when_accepted(make_mesh):
    """404 to SHARE_ACCEPTED: what is held opens nothing."""
    mesh = pair(make_mesh)
    offer(mesh, creation())
    bob = mesh.person(f"bob@{BETA}")

    assert Share.REVOKED is mesh.run(bob.accept(bob.received()[0])).state
    assert [] == bob.received()


def test_notifications_are_believed_from_the_sender_only(make_mesh):
    """Neither unsharing nor new rights from another server; the share is not even known to it."""
    from meshsim.ocm import notification as note

    mesh = make_mesh(3)
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    share = mesh.run(alice.share("/notes.txt", bob.address))
    for kind, permissions in ((note.SHARE_UNSHARED, None), (note.SHARE_CHANGE_PERMISSION, ("read", "write"))):
        message = note.Notification(
            notification_type=kind,
            sender_domain="gamma.example.org",
            resource_type="file",
            notification=note.Detail(
                file=note.FileDetail(provider_id=share.provider_id, permissions=permissions)
            ),
        )
        with pytest.raises(PeerError, match="404"):
            mesh.run(mesh.site("gamma.example.org").notify(BETA, message, share.secret))

    assert [("read",)] == [share.permissions for share in bob.received()]


@pytest.mark.parametrize("dialect", ["standard", "ocm_1_1"])
def test_what_a_group_was_given_ends_with_it(make_mesh, dialect):
    """The sender is told GROUP_REMOVED, or of each share where its accent has no word for that."""
    plans = (Plan(ALPHA), Plan(BETA, dialect, groups={"lab": ("bob", "carol"), "club": ("bob",)}))
    mesh = make_mesh(Topology(plans))
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    for group in ("lab", "club"):
        mesh.run(alice.share("/notes.txt", OcmAddress(group, BETA), share_type="group"))
    assert 2 == len(bob.received())
    mesh.run(mesh.dissolve(f"lab@{BETA}"))
    mesh.settle()
    told = [
        json.loads(e.request.body)["notificationType"]
        for e in mesh.transcript
        if (e.source, e.request.target.path) == (BETA, "/ocm/notifications")
    ]

    assert ("GROUP_REMOVED" in told) == (dialect == "standard")
    assert {"lab": False, "club": True} == {
        share.recipient.user: share.state in OPEN for share in alice.given()
    }
    assert ["club"] == [share.recipient for share in bob.received()]
    with pytest.raises(OcmError, match="no group"):
        mesh.run(alice.share("/papers", OcmAddress("lab", BETA), share_type="group"))


def test_the_end_of_a_group_is_told_until_it_is_heard(make_mesh):
    """Also over a crash and a lost message."""
    mesh = make_mesh(Topology((Plan(ALPHA), Plan(BETA, groups={"lab": ("bob",)}))))
    alice = mesh.person(f"alice@{ALPHA}")
    mesh.run(alice.share("/notes.txt", OcmAddress("lab", BETA), share_type="group"))
    lost = plugins.load("faults", "lost_request")(path="/ocm/notifications", end=60.0)
    mesh.fabric.add_fault("lost", lost)
    mesh.run(mesh.dissolve(f"lab@{BETA}"))
    assert alice.given()[0].state in OPEN
    mesh.crash(BETA)
    mesh.restart(BETA)
    mesh.settle()

    assert alice.given()[0].state not in OPEN
    assert [] == list(mesh.site(BETA).records.errands())
