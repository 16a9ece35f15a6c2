"""Load in virtual time: every story, the same result for the same seed, and whatever is planted is found."""

import json
import os
import subprocess
import sys

import jsonschema
import msgspec
import pytest

from loadtests import load, stories
from loadtests.audit import judge
from loadtests.ledger import ACCEPTED, UNSHARED, UNSHARING
from loadtests.load import Asked
from loadtests.simulated import Simulation
from meshsim import bundle
from meshsim.ocm.lifecycle import Share
from meshsim.site import outbox, peers
from meshsim.site.listing import Listing
from meshsim.site.opening import Opening

TARGET = "target1.example"


REAL = [name for name in stories.names() if not stories.simulated(name)]
WAVES = {
    "storm": {"rate": 0.2, "duration": 1800.0, "peers": 10},
    "herd": {"rate": 0.5, "duration": 4000.0, "peers": 10},
    "limited": {"rate": 2.0, "duration": 600.0, "peers": 8},
    "renewal": {"rate": 1.0, "duration": 1300.0, "peers": 10},
}


class Never(set):
    """Remembers nothing."""

    def __contains__(self, item):
        return False


def test_every_story_in_virtual_time_is_told_here():
    """A new one is told from the day it appears."""
    assert set(stories.names()) - set(REAL) == set(WAVES)


@pytest.mark.parametrize("story", WAVES)
def test_what_only_time_shows_keeps_to_its_limits(story):
    """Storm, herd, oscillation and wave: each measures what it is about."""
    made = load.run(Asked(simulated=True, story=story, **WAVES[story]))

    assert made["measured"]
    assert [] == [one for one in made["thresholds"] if not one["ok"]]
    assert made["ok"]
    assert made["traffic"]


def test_a_stampede_breaks_the_limits(monkeypatch):
    """Where everybody who looks asks for the list, or for a token, the measure says so."""
    init, opening = Listing.__init__, Opening.__init__

    def forgetful(self, site):
        init(self, site)
        self._polling = Never()

    def restless(self, site):
        opening(self, site)
        self._renewing = Never()

    monkeypatch.setattr(Listing, "__init__", forgetful)
    monkeypatch.setattr(Opening, "__init__", restless)
    for story, limit in (("herd", "measured.polls_per_refresh"), ("renewal", "measured.tokens_per_life")):
        made = load.run(Asked(simulated=True, story=story, **WAVES[story]))

        assert limit in [one["name"] for one in made["thresholds"] if not one["ok"]]
        assert not made["ok"]


@pytest.mark.parametrize(
    ("story", "where", "name", "value", "limit"),
    [
        # All try again at once, as soon as the target is back.
        ("storm", outbox, "LONGEST_WAIT", 1.0, "measured.peak_ratio"),
        # Whoever was limited stays away for ten minutes, and so do all.
        ("limited", peers, "retry_after", lambda *answer: 600, "at_least.measured.used"),
    ],
)
def test_peers_that_try_again_too_soon_or_too_late_break_the_limits(
    monkeypatch, story, where, name, value, limit
):
    """The measure shows it, by its name."""
    monkeypatch.setattr(where, name, value)
    made = load.run(Asked(simulated=True, story=story, **WAVES[story]))

    assert limit in [one["name"] for one in made["thresholds"] if not one["ok"]]
    assert not made["ok"]


def test_what_only_time_shows_is_the_same_in_another_interpreter():
    """Also where sets and dictionaries of text are in another order."""
    code = (
        "from loadtests.load import Asked, run; import sys, json; "
        "waves = json.loads(sys.argv[1]); "
        "print([run(Asked(simulated=True, story=one, seed=3, **waves[one]))['digest'] for one in waves])"
    )
    short = {name: {**wave, "peers": 3, "rate": wave["rate"] / 4} for name, wave in WAVES.items()}
    asked = [
        subprocess.Popen(
            [sys.executable, "-c", code, json.dumps(short)],
            cwd=bundle.root(),
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "2")
    ]
    one, other = (process.communicate(timeout=300)[0] for process in asked)

    assert one == other
    assert 4 == len(set(one.split(",")))


@pytest.mark.parametrize("story", REAL)
def test_a_story_ends_well_and_its_books_are_right(story):
    """Nothing is refused that should not be, and nothing is lost."""
    made = load.run(Asked(simulated=True, story=story, rate=4.0, duration=8.0, peers=10))
    schema = bundle.root() / "reports" / "schemas" / "load.json"
    jsonschema.validate(made, json.loads(schema.read_text()))

    assert {} == made["errors"]
    assert [] == made["ledger"]["findings"]
    assert 0 == made["ledger"]["unasked"]
    assert (32, 32, True) == (made["arrivals"], made["begun"], made["ok"])


def test_one_seed_is_one_result():
    """Another seed is another."""
    one, again, other = (
        load.run(Asked(simulated=True, story="mixed", rate=3.0, duration=5.0, peers=3, seed=seed))["digest"]
        for seed in (1, 1, 2)
    )

    assert one == again != other


@pytest.fixture
def ran():
    """Thirty shares, of which some were taken back."""
    made = Simulation(stories.chosen("share"), peers=4)
    made.run([n / 10 for n in range(30)])
    yield made
    made.close()


def wrongs(ran):
    found = judge(ran.ledger.entries, ran.look()).findings
    return {(finding.wrong, finding.entry) for finding in found}


def entry_of(ran, *, kept, received=True):
    """A share to somebody at the target, or from there."""
    return next(
        entry
        for entry in ran.ledger.entries.values()
        if (UNSHARED not in entry.told) == kept
        and ACCEPTED in entry.told
        and not entry.members
        and (entry.host != TARGET) == received
        and "" in entry.content
    )


def answering(ran, change):
    """Let the target's list of received shares be changed on its way out."""
    place = ran.mesh.fabric.hosts.get(TARGET)
    handle = place.start()

    async def altered(request):
        response = await handle(request)
        if not request.url.endswith("/api/shares/received"):
            return response
        document = json.loads(response.body)
        change(document["shares"])
        body = json.dumps(document).encode()
        return msgspec.structs.replace(
            response, body=body, headers={**response.headers, "content-length": str(len(body))}
        )

    place.handler = altered


def test_nothing_is_found_where_nothing_is_planted(ran):
    """Or every finding below would prove nothing."""
    assert set() == wrongs(ran)
    assert {True, False} == {UNSHARING in entry.told for entry in ran.ledger.entries.values()}
    assert {True, False} == {bool(entry.members) for entry in ran.ledger.entries.values()}
    assert {1, 2} == {len(entry.content) for entry in ran.ledger.entries.values()}


def test_a_share_that_the_target_forgot_is_lost(ran):
    """It is not listed, and cannot be read."""
    entry = entry_of(ran, kept=True)
    answering(
        ran,
        lambda shares: shares.__setitem__(
            slice(None), [one for one in shares if not one["key"].endswith(entry.share)]
        ),
    )

    assert {("lost", entry.id)} == wrongs(ran)


def test_a_share_that_the_target_lists_twice_is_doubled(ran):
    """As after a message that was taken twice."""
    entry = entry_of(ran, kept=True)
    answering(ran, lambda shares: shares.extend([one for one in shares if one["key"].endswith(entry.share)]))

    assert {("doubled", entry.id)} == wrongs(ran)


def test_a_share_that_everybody_is_shown_is_leaked(ran):
    """Who was not given it has it."""
    entry = entry_of(ran, kept=True)
    key = f"{entry.host} {entry.share}"
    answering(ran, lambda shares: shares.append({"key": key, "state": "accepted"}))

    assert ("leaked", entry.id) in wrongs(ran)


@pytest.mark.parametrize("received", [True, False])
def test_bytes_that_changed_are_altered(ran, received):
    """On either side of the wire."""
    entry = entry_of(ran, kept=True, received=received)
    site = ran.mesh.site(entry.host)
    site.ports.storage.write(site.records.sent(entry.share).path, b"not what was written")

    assert {("altered", entry.id)} == wrongs(ran)


def test_a_share_that_can_still_be_used_after_it_was_taken_back_is_undead(ran):
    """At its sender it opens as if nothing had been said."""
    entry = entry_of(ran, kept=False)
    for site, row in (
        (ran.mesh.site(entry.host), ran.mesh.site(entry.host).records.sent(entry.share)),
        (ran.mesh.site(TARGET), ran.mesh.site(TARGET).records.received(f"{entry.host} {entry.share}")),
    ):
        site.records.commit([msgspec.structs.replace(row, state=Share.ACCEPTED).put()])

    assert {("undead", entry.id)} == wrongs(ran)


def test_what_cannot_be_asked_is_not_accused(ran):
    """A target that is down after the run has lost nothing yet."""
    ran.mesh.crash(TARGET)
    verdict = judge(ran.ledger.entries, ran.look())

    assert () == verdict.findings
    assert verdict.unasked > 0


def test_webdav_is_done_directly_and_through_a_received_share_by_every_method():
    """And a sync client polls, downloads and uploads beside them."""
    result = load.run(Asked(story="webdav", simulated=True, rate=1.0, duration=40.0, peers=2))
    methods = ("PROPFIND", "GET", "range", "PUT", "MKCOL", "MOVE", "LOCK", "PUT locked", "UNLOCK", "DELETE")
    wanted = {f"webdav {method}{way}" for method in methods for way in ("", " shared")}

    assert wanted | {"webdav poll", "webdav download", "webdav upload"} <= set(result["steps"])
    assert ({}, [], True) == (result["errors"], result["ledger"]["findings"], result["ok"])
