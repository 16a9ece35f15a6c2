"""Who is let in: signatures and policy."""

import pytest
from msgspec.structs import replace

from meshsim.mesh import Plan, Topology
from meshsim.ocm.errors import OcmError

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
