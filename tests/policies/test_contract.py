"""What every policy must be, run over every file in the folder, and how policies combine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshsim import plugins
from meshsim.ocm.errors import OcmError
from meshsim.policies import ADMIT, Decision, Facts, every, some

OPTIONS = {
    "allowlist": {"hosts": ["friend.example.org", "other.example.org:8443"]},
    "denylist": {"hosts": ["foe.example.org"]},
}

FACTS = st.builds(
    Facts,
    endpoint=st.sampled_from(["shares", "invite-accepted", "notifications", "token"]),
    peer=st.sampled_from(["friend.example.org", "foe.example.org", "other.example.org:8443"]),
    remote=st.just("10.0.0.1"),
    signer=st.sampled_from([None, "friend.example.org", "foe.example.org"]),
    invited=st.booleans(),
    now=st.floats(0, 2e9),
)
DECISIONS = st.sampled_from([ADMIT, Decision(False, 401, "who?"), Decision(False, 403, "no")])


def build(name):
    return plugins.load("policies", name)(**OPTIONS.get(name, {}))


@pytest.mark.parametrize("name", plugins.names("policies"))
@given(facts=FACTS)
def test_a_policy_is_a_function_and_a_refusal_has_a_reason(name, facts):
    """Same facts, same decision; a refusal has a 4xx status and says why."""
    policy = build(name)
    decision = policy(facts)

    assert decision == policy(facts) == build(name)(facts)
    if not decision.admit:
        assert 400 <= decision.status < 500
        assert decision.reason


@given(decisions=st.lists(DECISIONS, max_size=4), facts=FACTS)
def test_every_and_some_are_and_and_or(decisions, facts):
    """`every` gives the first refusal, `some` the first admission."""
    policies = [lambda _, d=decision: d for decision in decisions]
    refusals = [d for d in decisions if not d.admit]

    assert (refusals[0] if refusals else ADMIT) == every(*policies)(facts)
    assert any(d.admit for d in decisions) == some(*policies)(facts).admit


def facts(**changes):
    base = {"endpoint": "shares", "peer": "friend.example.org", "remote": "10.0.0.1", "signer": None}
    return Facts(**{**base, "invited": False, "now": 0.0, **changes})


CASES = [
    ("open", {}, 200),
    ("allowlist", {}, 200),
    ("allowlist", {"peer": "stranger.example.org"}, 403),
    ("allowlist", {"peer": "other.example.org"}, 403),
    ("denylist", {}, 200),
    ("denylist", {"peer": "foe.example.org"}, 403),
    ("invited", {}, 403),
    ("invited", {"invited": True}, 200),
    ("invited", {"endpoint": "invite-accepted"}, 200),
    ("signed", {}, 401),
    ("signed", {"signer": "friend.example.org"}, 200),
    ("signed", {"signer": "foe.example.org"}, 403),
]


@pytest.mark.parametrize(("name", "changes", "status"), CASES)
def test_each_policy_decides_as_its_name_says(name, changes, status):
    """The one case it is for, and the one beside it."""
    assert status == build(name)(facts(**changes)).status


def test_every_policy_has_a_case():
    """A new file needs a line in the table above."""
    assert set(plugins.names("policies")) == {name for name, _, _ in CASES}


@pytest.mark.parametrize("name", ["allowlist", "denylist"])
def test_hosts_of_a_list_are_names_however_written(name):
    """Case and the usual port make no other host; a name above it or with another port does."""
    policy = plugins.load("policies", name)(hosts=["Site.Example.ORG:443"])
    listed = {
        h
        for h in ("site.example.org", "site.example.org:8443", "example.org", "a.site.example.org")
        if policy(facts(peer=h)).admit is (name == "allowlist")
    }

    assert {"site.example.org"} == listed


@pytest.mark.parametrize("name", ["allowlist", "denylist"])
def test_a_list_takes_no_patterns_or_urls(name):
    """A line that would never match anybody is a mistake, not a rule."""
    for host in ("*.example.org", "https://site.example.org", ""):
        with pytest.raises(OcmError):
            plugins.load("policies", name)(hosts=[host])
