"""A profile is shared, and never changed."""

import pytest

from meshsim.mesh import Plan, Topology


def test_alike_sites_have_one_profile_and_others_another(make_mesh):
    """Five thousand sites of a kind cost one profile."""
    plans = (Plan("a.example"), Plan("b.example", users=5), Plan("c.example", criteria=("must-invite",)))
    mesh = make_mesh(Topology(plans))
    a, b, c = (mesh.site(plan.host).profile for plan in plans)

    assert a is b
    assert a is not c
    with pytest.raises(AttributeError):
        a.mfa = True


def test_settings_reach_the_profile_and_unknown_ones_are_refused(make_mesh):
    """A misspelt setting is no setting."""
    mesh = make_mesh(Topology((Plan("a.example", settings={"token_lifetime": 60}),)))
    assert 60 == mesh.site("a.example").profile.token_lifetime
    with pytest.raises(TypeError, match="token_lifetme"):
        make_mesh(Topology((Plan("a.example", settings={"token_lifetme": 60}),))).site("a.example")
