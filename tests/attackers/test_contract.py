"""What every attacker must do, run over every file in the folder."""

import pytest

from meshsim import plugins
from meshsim.attackers import FRIEND, VICTIM, run
from meshsim.policies import demanded
from meshsim.site.records import SHARED_KEYS
from scenarios.trust import SETTINGS, THROUGH, measure

NAMED = {setting.name: setting for setting in SETTINGS}
WEAK = {
    "central_down": "pair_key, central",
    "overreach": "profile reva 2021",
}
"""Where an attacker gets through, if not at the site without any rules."""

STRONG = {"central_down": "signed", "lying_directory": "pair_key, list"}
"""Where it is stopped, if not by all that OCM has."""


def attack(name, setting, seed=0):
    return run(plugins.load("attackers", name)(), NAMED[setting].topology(), seed)


@pytest.mark.parametrize("name", plugins.names("attackers"))
def test_an_attacker_says_what_it_wants_and_can_have_it(name):
    """One who gets through nowhere shows nothing; one who gets through everywhere neither."""
    made = plugins.load("attackers", name)()
    weak = measure(made, attack(name, WEAK.get(name, "weak")))
    strong = measure(made, attack(name, STRONG.get(name, "profile ocm")))

    assert made.goal
    assert THROUGH == weak.outcome
    assert 0 == strong.got


@pytest.mark.parametrize("name", plugins.names("attackers"))
def test_one_seed_is_one_attack(name):
    """The same exchanges, and the same outcome."""
    one, two = (attack(name, "profile paper") for _ in range(2))

    assert one.mesh.transcript.digest() == two.mesh.transcript.digest()
    assert measure(plugins.load("attackers", name)(), one) == measure(plugins.load("attackers", name)(), two)


@pytest.mark.parametrize("name", NAMED)
def test_an_ordinary_day_is_no_attack(name):
    """Without one, all that the friend gives arrives at once, whatever the policy."""
    arena = run(None, NAMED[name].topology())

    assert (0, 0) == arena.honest()
    assert 6 == arena.tried == len(arena.given)
    assert 0 == arena.forged() == arena.false_contacts()


def test_every_policy_is_in_the_table():
    """A new file needs a setting; what a profile demands is among them."""
    demands = (policy for setting in SETTINGS for policy in demanded(("all", *setting.policies)))

    assert set(plugins.names("policies")) == {name for name, _ in demands}


def test_a_forged_share_is_told_from_a_given_one():
    """By the records of who is said to have given it."""
    arena = attack("spoof", "open")

    assert arena.forged() > 0
    assert {"alice"} == {row.recipient for row in arena.received() if row.host == FRIEND}


def test_the_leaked_key_is_the_right_one():
    """The attacker shows what the friend shows."""
    arena = attack("leaked_key", "pair_key, list")
    keys = {row.secret for _, _, row in arena.mesh.journal.rows(SHARED_KEYS, VICTIM) if row.host == FRIEND}
    shown = {e.request.headers.get("x-api-key") for e in arena.mesh.transcript if e.source == "evil.example"}

    assert keys == shown
