"""What every policy must be, run over every file in the folder, and how policies combine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshsim import plugins
from meshsim.ocm.errors import OcmError
from meshsim.ocm.keys import PrivateKey
from meshsim.policies import (
    ADMIT,
    NOBODY,
    Addresses,
    Decision,
    Every,
    Facts,
    Forwarded,
    Invited,
    Member,
    PairKey,
    Pinned,
    Proof,
    ReverseNames,
    Room,
    Rule,
    Signer,
    Some,
    compose,
    decide,
    demanded,
    judge,
)

FRIEND, FOE = "friend.example.org", "foe.example.org"
KEYS = [PrivateKey.from_seed(f"{FRIEND}#{n}", bytes([n]) * 32).public for n in (1, 2)]
HERE, THERE = "10.0.0.1", "10.0.0.2"
OPTIONS = {
    "allowlist": {"hosts": [FRIEND, "other.example.org:8443"]},
    "denylist": {"hosts": [FOE]},
}
FOUND = {
    Signer: st.sampled_from([None, Proof(FRIEND, KEYS[0]), Proof(FOE, KEYS[1])]),
    Invited: st.booleans(),
    Member: st.sampled_from([True, False, None]),
    Pinned: st.sampled_from(["", KEYS[0].thumbprint()]),
    PairKey: st.sampled_from([True, False, None]),
    ReverseNames: st.sampled_from([None, (), (FRIEND,), (FOE, FRIEND)]),
    Addresses: st.sampled_from([None, (), (HERE,), (THERE,)]),
    Forwarded: st.sampled_from(["", HERE, THERE, "10.0.0.1, 10.0.0.2"]),
    Room: st.sampled_from([0.0, 0.2, 17.5]),
}
"""Whatever a need may turn out to be."""

DECISIONS = st.sampled_from([ADMIT, Decision(False, 401, "who?"), Decision(False, 403, "no")])


def load(name):
    return plugins.load("policies", name)


def build(name):
    return load(name)(**OPTIONS.get(name, {}))


def wanted(policy):
    """All that a policy may ask for."""
    if isinstance(policy, Rule):
        return policy.needs
    return tuple(need for part in policy.policies for need in wanted(part))


@st.composite
def facts_for(draw, policy):
    return Facts(
        endpoint=draw(st.sampled_from(["shares", "invite-accepted", "notifications", "token", "register"])),
        peer=draw(st.sampled_from([FRIEND, FOE, "other.example.org:8443"])),
        remote=HERE,
        now=draw(st.floats(0, 2e9)),
        known={need: draw(FOUND[type(need)]) for need in wanted(policy)},
    )


def facts(known=None, **changes):
    base = {"endpoint": "shares", "peer": FRIEND, "remote": HERE, "now": 0.0}
    return Facts(**{**base, **changes}, known=known or {})


@pytest.mark.parametrize("name", plugins.names("policies"))
@given(data=st.data())
def test_a_policy_is_a_function_and_a_refusal_has_a_reason(name, data):
    """Same facts, same decision; a refusal has a status of the caller's or of the moment, and says why."""
    policy = build(name)
    asked = data.draw(facts_for(policy))
    decision = decide(policy, asked)

    assert decision == decide(policy, asked) == decide(build(name), asked)
    if not decision.admit:
        assert decision.status in (401, 403, 429, 503)
        assert decision.reason
        # What may be different later says when to come again; what is certain does not.
        assert (decision.retry_after is not None) is (decision.status in (429, 503))


@given(decisions=st.lists(DECISIONS, max_size=4))
def test_every_and_some_are_and_and_or(decisions):
    """`Every` gives the first refusal, `Some` the first admission, or the last refusal."""
    policies = tuple(Rule(lambda _, d=decision: d) for decision in decisions)
    refusals = [d for d in decisions if not d.admit]

    assert (refusals[0] if refusals else ADMIT) == decide(Every(policies), facts())
    some = decide(Some(policies), facts())
    assert any(d.admit for d in decisions) == some.admit
    if not some.admit:
        assert (refusals[-1] if refusals else NOBODY) == some


def test_what_is_not_reached_is_not_asked_for():
    """A refusal that costs nothing comes before a look-up that costs something."""
    policy = Every((build("denylist"), Some((build("allowlist"), build("reverse")))))

    def asked(peer):
        found, steps = [], judge(policy)
        try:
            found.append(next(steps))
            while True:
                known = {ReverseNames(300.0): (), Addresses(300.0): ()}
                found.append(steps.send(facts(known, peer=peer)))
        except StopIteration:
            return [type(need) for needs in found for need in needs]

    assert [] == asked(FOE)
    assert [] == asked(FRIEND)
    assert [ReverseNames, Addresses] == asked("stranger.example.org")


def test_an_expression_nests():
    """Names, names with options, "all" and "any", to any depth."""
    policy = compose(
        ("any", ("allowlist", {"hosts": [FRIEND]}), ("all", "invited", ("denylist", {"hosts": [FOE]}))), load
    )

    def admits(peer, invited):
        return decide(policy, facts({Invited(): invited}, peer=peer)).admit

    assert admits(FRIEND, False)
    assert admits("new.example.org", True)
    assert not admits("new.example.org", False)
    assert not admits(FOE, True)


@pytest.mark.parametrize("wrong", [(), ("all", 3), 3, ("open", 3), ("open", {}, {}), [], {"open": {}}])
def test_an_expression_without_meaning_is_told(wrong):
    """And not taken for one that admits all."""
    with pytest.raises(ValueError, match="no policy"):
        compose(("all", wrong), load)


def test_an_unknown_name_is_told():
    """With those that there are."""
    with pytest.raises(plugins.UnknownPlugin, match="allowlist, denylist"):
        compose("alowlist", load)


def test_what_is_demanded_is_what_nobody_gets_around():
    """Discovery may tell of it as a criterion; one of several ways in is none."""
    expression = ("all", "signed", ("any", "invited", "member"), ("any", ("all", ("rate", {"burst": 3}))))

    assert [("signed", {}), ("rate", {"burst": 3})] == list(demanded(expression))


FRIENDS, FOES = Proof(FRIEND, KEYS[0]), Proof(FOE, KEYS[1])
REVERSE, FORWARD, ONCE = ReverseNames(300.0), Addresses(300.0), Addresses(float("inf"))
PAIR, ROOM = PairKey(False), Room(1.0, 10, 1.0)
PAPER = {ROOM: 0.0, REVERSE: (FRIEND,), FORWARD: (HERE,), PairKey(True): True}
CASES = [
    ("open", {}, {}, 200),
    ("allowlist", {}, {}, 200),
    ("allowlist", {"peer": "stranger.example.org"}, {}, 403),
    ("allowlist", {"peer": "other.example.org"}, {}, 403),
    ("denylist", {}, {}, 200),
    ("denylist", {"peer": FOE}, {}, 403),
    ("invited", {}, {Invited(): False}, 403),
    ("invited", {}, {Invited(): True}, 200),
    ("invited", {"endpoint": "invite-accepted"}, {Invited(): False}, 200),
    ("signed", {}, {Signer(): None}, 401),
    ("signed", {}, {Signer(): FRIENDS}, 200),
    ("signed", {}, {Signer(): FOES}, 403),
    ("member", {}, {Member(): True}, 200),
    ("member", {}, {Member(): False}, 403),
    ("member", {}, {Member(): None}, 503),
    ("pinned", {}, {Signer(): None, Pinned(): ""}, 401),
    ("pinned", {}, {Signer(): FOES, Pinned(): ""}, 403),
    ("pinned", {}, {Signer(): FRIENDS, Pinned(): ""}, 200),
    ("pinned", {}, {Signer(): FRIENDS, Pinned(): KEYS[0].thumbprint()}, 200),
    ("pinned", {}, {Signer(): Proof(FRIEND, KEYS[1]), Pinned(): KEYS[0].thumbprint()}, 403),
    ("pair_key", {}, {PAIR: True}, 200),
    ("pair_key", {}, {PAIR: False}, 401),
    ("pair_key", {}, {PAIR: None}, 503),
    ("reverse", {}, {REVERSE: (FRIEND,), FORWARD: (HERE,)}, 200),
    ("reverse", {}, {REVERSE: (FOE,), FORWARD: (HERE,)}, 403),
    ("reverse", {}, {REVERSE: (FRIEND,), FORWARD: (THERE,)}, 403),
    ("reverse", {}, {REVERSE: None, FORWARD: (HERE,)}, 503),
    ("reverse", {}, {REVERSE: (FRIEND,), FORWARD: None}, 503),
    ("reverse_2021", {}, {ONCE: (HERE,), Forwarded(): ""}, 200),
    ("reverse_2021", {}, {ONCE: (THERE,), Forwarded(): ""}, 401),
    ("reverse_2021", {}, {ONCE: (THERE,), Forwarded(): THERE}, 200),
    ("reverse_2021", {}, {ONCE: None, Forwarded(): ""}, 401),
    ("reverse_2021", {"peer": f"{FRIEND}:8443"}, {ONCE: (HERE,), Forwarded(): ""}, 401),
    ("rate", {}, {ROOM: 0.0}, 200),
    ("rate", {}, {ROOM: 0.4}, 429),
    ("paper", {}, PAPER, 200),
    ("paper", {}, {**PAPER, PairKey(True): False}, 401),
    ("paper", {}, {**PAPER, FORWARD: (THERE,)}, 403),
    ("paper", {}, {**PAPER, ROOM: 3.0}, 429),
    ("paper", {"endpoint": "notifications"}, {**PAPER, ROOM: 3.0}, 200),
]


@pytest.mark.parametrize(("name", "changes", "known", "status"), CASES)
def test_each_policy_decides_as_its_name_says(name, changes, known, status):
    """The one case it is for, and the one beside it."""
    assert status == decide(build(name), facts(known, **changes)).status


def test_every_policy_has_a_case():
    """A new file needs a line in the table above."""
    assert set(plugins.names("policies")) == {name for name, *_ in CASES}


@pytest.mark.parametrize(
    "options", [{"per_minute": 0}, {"burst": 0}, {"spare": -1}, {"endpoints": ["webdav"]}]
)
def test_a_rate_that_means_nothing_is_told(options):
    """Above all, WebDAV is never limited."""
    with pytest.raises(ValueError):  # noqa: PT011 - the reasons differ
        load("rate")(**options)


@pytest.mark.parametrize("name", ["allowlist", "denylist"])
def test_hosts_of_a_list_are_names_however_written(name):
    """Case and the usual port make no other host; a name above it or with another port does."""
    policy = plugins.load("policies", name)(hosts=["Site.Example.ORG:443"])
    listed = {
        h
        for h in ("site.example.org", "site.example.org:8443", "example.org", "a.site.example.org")
        if decide(policy, facts(peer=h)).admit is (name == "allowlist")
    }

    assert {"site.example.org"} == listed


@pytest.mark.parametrize("name", ["allowlist", "denylist"])
def test_a_list_takes_no_patterns_or_urls(name):
    """A line that would never match anybody is a mistake, not a rule."""
    for host in ("*.example.org", "https://site.example.org", ""):
        with pytest.raises(OcmError):
            plugins.load("policies", name)(hosts=[host])
