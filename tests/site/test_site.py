"""One site: what it says of itself, and what it is after a restart."""

import pytest

from meshsim.mesh import Plan, Topology
from meshsim.ocm.discovery import Discovery
from meshsim.ocm.document import convert
from meshsim.ocm.errors import LocalError
from meshsim.site.peers import judge

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
