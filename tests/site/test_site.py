"""One site: what it says of itself, and what it is after a restart."""

import pytest

from meshsim.mesh import Plan, Topology
from meshsim.ocm.discovery import Discovery
from meshsim.ocm.document import convert
from meshsim.ocm.errors import LocalError

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
