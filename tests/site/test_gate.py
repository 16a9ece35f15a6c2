"""Who is let in: signatures and policy."""

import pytest
from msgspec.structs import replace

from meshsim.faults import PASS, Answer
from meshsim.mesh import Plan, Topology
from meshsim.ocm.errors import OcmError
from meshsim.wire import Response

ALPHA, BETA = "alpha.example.org", "beta.example.org"


@pytest.fixture
def signed(mesh, alice, bob):
    """A signed request that beta took from alpha."""
    mesh.run(alice.share("/notes.txt", bob.address))
    return next(e.request for e in mesh.transcript if e.request.url.endswith("/shares"))


def admit(mesh, request, claimed=ALPHA, endpoint="shares", **facts):
    return mesh.run(mesh.site(BETA).gate.admit(request, endpoint, claimed, **facts))


def status(mesh, *args, **facts):
    with pytest.raises(OcmError) as refusal:
        admit(mesh, *args, **facts)
    return refusal.value.status


def test_a_signature_proves_who_sent_it(mesh, signed):
    """The host whose published key made it."""
    assert ALPHA == admit(mesh, signed)


def test_a_signature_of_somebody_else_proves_nothing(mesh, signed):
    """The key is looked for at the claimed server (OCM-SIG-079)."""
    assert 401 == status(mesh, signed, claimed=BETA)


def test_what_was_altered_is_refused(mesh, signed):
    """Body, address and method are covered (OCM-SIG-060 to 063, 069, 078)."""
    assert 400 == status(mesh, replace(signed, body=signed.body + b" "))
    assert 401 == status(mesh, replace(signed, url=signed.url + "?x"))
    assert 401 == status(mesh, replace(signed, method="PUT"))
    headers = {name: value for name, value in signed.headers.items() if "signature" not in name}
    assert 401 == status(mesh, replace(signed, headers=headers))


def test_what_is_old_is_refused(mesh, signed):
    """A signature is good for five minutes (OCM-SIG-067)."""
    mesh.advance(299)
    assert ALPHA == admit(mesh, signed)
    mesh.advance(10)

    assert 401 == status(mesh, signed)


def test_a_clock_that_is_too_wrong_is_told(make_mesh):
    """Sixty seconds ahead are borne, more are not (OCM-SIG-066)."""
    for seconds, works in ((50.0, True), (120.0, False), (-400.0, False)):
        plans = (Plan(ALPHA, clock="offset", clock_options={"seconds": seconds}), Plan(BETA))
        mesh = make_mesh(Topology(plans))
        alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
        share = alice.share("/notes.txt", bob.address)
        if works:
            assert "pending" == mesh.run(share).state
        else:
            with pytest.raises(OcmError, match="401"):
                mesh.run(share)


def test_who_cannot_be_found_cannot_be_checked(mesh, signed):
    """Not admitted, whether it exists or not."""
    assert status(mesh, signed, claimed="nobody.example.org") in (401, 503)


def test_a_policy_refuses_with_its_own_status(make_mesh):
    """Where policy plug-ins say no, their reason is what the peer hears."""
    policies = (("denylist", {"hosts": [ALPHA]}),)
    mesh = make_mesh(Topology((Plan(ALPHA), Plan(BETA, policies=policies))))
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    with pytest.raises(OcmError, match=r"403: .* is on the denylist"):
        mesh.run(alice.share("/notes.txt", bob.address))


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        (Response(404), 401),
        (Response(200, {}, b"<html>"), 503),
        (Response(500), 503),
        (Response(200, {"content-type": "application/json"}, b'{"keys": []}'), 401),
    ],
    ids=["none", "garbled", "broken", "empty"],
)
def test_unsure_is_not_no(mesh, alice, bob, answer, refused):
    """401 only for what is surely not the sender; what cannot be checked now may be sent again."""
    mesh.run(alice.share("/notes.txt", bob.address))
    request = next(e.request for e in mesh.transcript if e.request.url.endswith("/shares"))
    mesh.crash(BETA)
    mesh.restart(BETA)

    def instead(envelope, rng):
        about_keys = envelope.request.url.endswith("/ocm/jwks")
        no_server = answer.status == 404 and "ocm" in envelope.request.url
        return Answer(answer) if envelope.response is None and (about_keys or no_server) else PASS

    mesh.fabric.add_fault("instead", instead)

    assert refused == status(mesh, request)


def test_a_site_that_signs_is_held_to_it_at_every_endpoint(mesh, signed):
    """Without a signature it was not that server, whatever is asked (OCM-SIG-010)."""
    bare = replace(signed, headers={"content-type": "application/json"})
    for endpoint in ("shares", "invite-accepted", "notifications", "token"):
        assert 401 == status(mesh, bare, endpoint=endpoint)


def test_unsigned_token_requests_are_taken_only_where_a_site_says_so(make_mesh):
    """The draft has none (OCM-TOK-003); `unsigned_tokens` is for peers that cannot sign."""
    for unsigned, found in ((False, 401), (True, 200)):
        plans = (
            Plan(ALPHA, settings={"unsigned_tokens": unsigned}),
            Plan(BETA, dialect_options={"signed": False}),
        )
        mesh = make_mesh(Topology(plans))
        alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
        mesh.run(alice.share("/notes.txt", bob.address))
        mesh.run(bob.read(mesh.run(bob.accept(bob.received()[0]))))
        (asked,) = [e for e in mesh.transcript if e.request.url.endswith("/ocm/token")]

        assert found == asked.response.status
