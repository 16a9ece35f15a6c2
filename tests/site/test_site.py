"""One site: what it says of itself, and what it is after a restart."""

import json

import pytest

from conformance.mutants._parts import says
from meshsim.dialects._rfc9421 import SIGNING
from meshsim.mesh import Plan, Topology
from meshsim.ocm.discovery import Discovery
from meshsim.ocm.document import convert
from meshsim.ocm.errors import LocalError
from meshsim.site.peers import judge
from meshsim.wire import Request

HOST = "alpha.example.org"


@pytest.mark.parametrize(
    "plan",
    [
        Plan(HOST),
        Plan(HOST, settings={"mfa": True, "exchange": False}),
        Plan(HOST, settings={"enabled": False}),
        Plan(HOST, criteria=("must-use-http-sig", "must-exchange-token", "must-invite")),
        Plan(HOST, settings={"key_algorithm": "ES256"}),
        Plan(HOST, dialect_options={"signed": False}),
        Plan(HOST + ":8443"),
    ],
    ids=str,
)
def test_its_document_is_a_good_one(make_mesh, plan):
    """Whatever the profile, what belongs together is there (OCM-DISC-010 to 060)."""
    site = make_mesh(Topology((plan,))).site(plan.host)
    found = convert(site.discovery_document, Discovery)

    assert found == site.discovery
    assert plan.settings.get("enabled", True) == found.enabled
    assert (
        plan.settings.get("exchange", True)
        == found.can("exchange-token")
        == (found.token_end_point is not None)
    )
    assert plan.dialect_options.get("signed", True) == found.can("http-sig") == (found.jwks_uri is not None)
    assert plan.settings.get("mfa", False) == found.can("enforce-mfa")
    assert plan.criteria == found.criteria
    assert found.end_point.startswith(f"https://{plan.host}/")


def test_its_key_stays_its_name_stays(mesh):
    """A restart changes neither key nor address; what it hands out is new."""
    before = mesh.site(HOST)
    key, token = before.key.jwk(), before.ports.entropy.token("invite")
    mesh.crash(HOST)
    mesh.restart(HOST)
    after = mesh.site(HOST)

    assert before is not after
    assert key == after.key.jwk()
    assert token != after.ports.entropy.token("invite")


def test_two_sites_have_two_keys(mesh):
    """And another seed other ones."""
    assert mesh.site(mesh.hosts[0]).key.jwk()["x"] != mesh.site(mesh.hosts[1]).key.jwk()["x"]


def test_unknown_users_are_told(mesh):
    """Identifiers are compared as they are."""
    site = mesh.site(HOST)

    assert f"alice@{HOST}" == str(site.address(site.user("alice").id))
    with pytest.raises(LocalError, match="Alice"):
        site.user("Alice")


def test_what_faces_keep_is_one_of_each_kind(mesh):
    """And gone with the memory."""

    class Notes:
        pass

    first = mesh.site(HOST).kept(Notes)
    assert first is mesh.site(HOST).kept(Notes)
    mesh.crash(HOST)
    mesh.restart(HOST)

    assert first is not mesh.site(HOST).kept(Notes)


def test_one_site_can_be_without_ocm(make_mesh):
    """Switched off it says so, takes nothing and opens nothing; its users are told (OCM-DISC-062)."""
    beta = "beta.example.org"
    mesh = make_mesh(Topology((Plan(HOST, settings={"enabled": False}), Plan(beta))))
    with mesh.client(beta) as client:
        assert client.get(f"https://{HOST}/.well-known/ocm").json()["enabled"] is False
        for path in ("/ocm/shares", "/ocm/invite-accepted", "/ocm/notifications"):
            assert client.post(f"https://{HOST}{path}", json={}).status_code >= 400
        assert 501 == client.get(f"https://{HOST}/dav/ocm/x").status_code


def test_what_was_left_undone_is_taken_up_once(mesh, alice, bob):
    """A start finds all errands; nothing is told twice because of it."""
    mesh.run(alice.site.peers.discover("beta.example.org"))
    mesh.crash("beta.example.org")
    mesh.run(alice.share("/notes.txt", bob.address))
    mesh.crash(HOST)
    mesh.restart("beta.example.org")
    mesh.restart(HOST)
    mesh.settle()
    taken = [
        e
        for e in mesh.transcript
        if e.request.url.endswith("/shares") and e.response is not None and e.response.status == 201
    ]

    assert 1 == len(taken) == len(bob.received())
    assert [] == list(alice.site.records.errands())


def test_notifications_that_an_accent_does_not_know_are_501(make_mesh):
    """And are not said to others either."""
    from meshsim.ocm import notification as note
    from meshsim.ocm.errors import PeerError

    beta = "beta.example.org"
    mesh = make_mesh(2)
    message = note.Notification(
        notification_type="PARTICIPANT_MODIFIED",
        sender_domain=beta,
        resource_type="file",
        notification=note.Detail(file=note.FileDetail(provider_id="x")),
    )
    site = mesh.site(beta)

    async def say():
        peer = await site.peers.discover(HOST)
        return await judge(peer, await site.peers.post(peer, "/notifications", "notification", message))

    with pytest.raises(PeerError, match="501"):
        mesh.run(say())
    mesh.run(site.notify(HOST, message, ""))

    assert 1 == len([e for e in mesh.transcript if e.request.url.endswith("/notifications")])


def old_words(document):
    """A notification as OpenCloudMesh-Go sends it, which says API 1.4: nobody is named as its sender."""
    return {
        "notificationType": document["notificationType"],
        "providerId": document["notification"]["file"]["providerId"],
        "resourceType": document["resourceType"],
    }


@pytest.mark.parametrize("signed", [True, False])
def test_a_notification_that_names_no_sender_is_that_of_who_signed_it(make_mesh, signed):
    """senderDomain came with 1.5: the key names the other side of the share, and unsigned nobody does."""
    plan = Plan("beta.example.org", dialect_options={"signed": signed})
    mesh = make_mesh(
        Topology((Plan(HOST), plan)), departures={"beta.example.org": says("notification", old_words)}
    )
    alice, bob = mesh.person(f"alice@{HOST}"), mesh.person("bob@beta.example.org")
    share = mesh.run(alice.share("/notes.txt", bob.address))
    mesh.run(bob.accept(bob.received()[0]))
    mesh.settle(60)

    assert [("accepted" if signed else "pending", share.provider_id)] == [
        (given.state, given.provider_id) for given in alice.given()
    ]


def test_who_signs_with_a_key_of_a_stranger_says_nothing_of_a_share(make_mesh):
    """The third site knows the providerId, and is not the other side of that share."""
    hosts = (HOST, "beta.example.org", "gamma.example.org")
    mesh = make_mesh(Topology(tuple(Plan(host) for host in hosts)))
    alice, bob = mesh.person(f"alice@{HOST}"), mesh.person("bob@beta.example.org")
    share = mesh.run(alice.share("/notes.txt", bob.address))
    stranger = mesh.site("gamma.example.org")
    document = {"notificationType": "SHARE_DECLINED", "providerId": share.provider_id, "resourceType": "file"}
    body = json.dumps(document).encode()
    headers = {"content-type": "application/json", "content-length": str(len(body))}
    request = Request("POST", f"https://{HOST}/ocm/notifications", headers, body)
    signed = SIGNING.sign(request, stranger.key, mesh.now)
    answer = mesh.run(mesh.fabric.port("gamma.example.org").send(signed, 10))

    assert 400 == answer.status
    assert ["pending"] == [given.state for given in alice.given()]
