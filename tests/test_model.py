"""A small mesh under a state machine: whatever people, crashes and the network do, every invariant holds.

`--hypothesis-profile=explore` (`nox -s explore`) looks longer.
"""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from meshsim import plugins
from meshsim.mesh import Mesh, Plan, Topology
from meshsim.ocm.errors import OcmError
from meshsim.ocm.lifecycle import OPEN
from meshsim.site.granting import Granting
from meshsim.site.inviting import Inviting
from meshsim.site.receiving import Receiving
from meshsim.site.records import put
from meshsim.site.sending import Sending
from meshsim.wire import NetworkError

HOSTS = ("alpha.example.org", "beta.example.org", "gamma.example.org")
PEOPLE = tuple(f"{user}@{host}" for host in HOSTS for user in ("alice", "bob"))
FILES = ("notes.txt", "papers", "data/measurements.csv")

people = st.sampled_from(PEOPLE)
hosts = st.sampled_from(HOSTS)
picks = st.integers(0, 7)
rights = st.sampled_from([("read",), ("read", "write"), ("read", "share"), ("read", "write", "share")])


class Campus(RuleBasedStateMachine):
    """Three sites, six people. What people try may be refused; what was granted is judged at the end."""

    def __init__(self):
        super().__init__()
        self.cut: set[str] = set()
        self.losing = 0
        self.invites = []

    @initialize(seed=st.integers(0, 3), skew=st.sampled_from([0.0, 30.0, -30.0]))
    def begin(self, seed, skew):
        plans = [Plan(host, users=("alice", "bob")) for host in HOSTS[:2]]
        plans.append(Plan(HOSTS[2], users=("alice", "bob"), clock="offset", clock_options={"seconds": skew}))
        self.mesh = Mesh(Topology(tuple(plans)), seed)
        self.mesh.fabric.add_fault("accidents", self._accident)
        # Two who know each other and share, so that much can happen from the first step on.
        alice, bob = self.mesh.person(PEOPLE[0]), self.mesh.person(PEOPLE[3])
        self.mesh.run(bob.accept_invite(alice.invite()))
        self.mesh.run(alice.share("papers", bob.address, ("read", "write")))
        self.mesh.run(bob.accept(bob.received()[0]))
        self.mesh.run(bob.read(bob.received()[0], "abstract.txt"))

    def _accident(self, envelope, rng):
        from meshsim.faults import PASS, Drop

        if {envelope.source, envelope.target} & self.cut:
            return Drop()
        if self.losing and envelope.response is not None:
            self.losing -= 1
            return Drop()
        return PASS

    def attempt(self, make):
        """Do what may be refused; an error of our own is none of these."""
        try:
            return self.mesh.run(make())
        except OcmError:
            return None

    def pick(self, found, number):
        """One of several, or None."""
        found = list(found)
        return found[number % len(found)] if found else None

    def person(self, name):
        person = self.mesh.person(name)
        return person if person.is_up else None

    @rule(inviter=people)
    def invite(self, inviter):
        person = self.person(inviter)
        if person is None:
            return

        async def make():
            return person.invite()

        invite = self.attempt(make)
        if invite is not None:
            self.invites.append(invite)

    @precondition(lambda self: self.invites)
    @rule(guest=people, number=picks)
    def accept_invite(self, guest, number):
        person, invite = self.person(guest), self.pick(self.invites, number)
        if person is not None:
            self.attempt(lambda: person.accept_invite(invite))

    @rule(owner=people, guest=people, path=st.sampled_from(FILES), granted=rights)
    def share(self, owner, guest, path, granted):
        person = self.person(owner)
        if person is not None:
            to = self.mesh.person(guest).address
            self.attempt(lambda: person.share(path, to, granted))

    @rule(owner=people, guest=people, lifetime=st.integers(1, 2000))
    def share_for_a_while(self, owner, guest, lifetime):
        person = self.person(owner)
        if person is not None:
            to, until = self.mesh.person(guest).address, int(person.site.now()) + lifetime
            self.attempt(lambda: person.share("notes.txt", to, expiration=until))

    def received(self, guest, number):
        person = self.person(guest)
        return person, None if person is None else self.pick(person.received(), number)

    def given(self, owner, number):
        person = self.person(owner)
        if person is None:
            return None, None
        return person, self.pick((s for s in person.given() if s.state in OPEN), number)

    @rule(guest=people, number=picks)
    def accept(self, guest, number):
        person, share = self.received(guest, number)
        if share is not None:
            self.attempt(lambda: person.accept(share))

    @rule(guest=people, number=picks)
    def decline(self, guest, number):
        person, share = self.received(guest, number)
        if share is not None:
            self.attempt(lambda: person.decline(share))

    @rule(guest=people, number=picks)
    def read(self, guest, number):
        person, share = self.received(guest, number)
        if share is not None:
            path = "" if share.resource_type == "file" else "abstract.txt"
            self.attempt(lambda: person.read(share, path))

    @rule(guest=people, number=picks, data=st.binary(max_size=4))
    def write(self, guest, number, data):
        person, share = self.received(guest, number)
        if share is not None:
            path = "" if share.resource_type == "file" else "new.txt"
            self.attempt(lambda: person.write(share, path, data))

    @rule(guest=people, number=picks)
    def list_folder(self, guest, number):
        person, share = self.received(guest, number)
        if share is not None and share.resource_type == "folder":
            self.attempt(lambda: person.names(share))

    @rule(owner=people, number=picks, granted=rights)
    def change_permissions(self, owner, number, granted):
        person, share = self.given(owner, number)
        if share is not None:
            self.attempt(lambda: person.change_permissions(share, granted))

    @rule(owner=people, number=picks)
    def unshare(self, owner, number):
        person, share = self.given(owner, number)
        if share is not None:
            self.attempt(lambda: person.unshare(share))

    @rule(who=people, number=picks)
    def remove_contact(self, who, number):
        person = self.person(who)
        contact = None if person is None else self.pick(person.contacts(), number)
        if contact is not None:
            self.attempt(lambda: person.remove_contact(contact.address))

    @rule(asker=people, owner=people)
    def ask_for_a_share(self, asker, owner):
        person, other = self.person(asker), self.person(owner)
        if person is not None and other is not None and person.address.host != other.address.host:
            reference = other.site.wishing.reference(other.address.user, "notes.txt")
            self.attempt(lambda: person.ask_share(other.address, reference))

    @rule(owner=people, agree=st.booleans())
    def answer(self, owner, agree):
        person = self.person(owner)
        asked = [] if person is None else [w for w in person.asked() if w.incoming and w.state == "open"]
        if asked:
            self.attempt(lambda: person.answer(asked[0], agree))

    @rule(guest=people, third=people, number=picks)
    def ask_for_a_reshare(self, guest, third, number):
        person, share = self.received(guest, number)
        if share is not None:
            to = self.mesh.person(third).address
            self.attempt(lambda: person.ask_reshare(share, to))

    @rule(number=picks)
    def replay(self, number):
        """Somebody at the receiving site kept an old request, with its credential, and sends it again."""
        old = [e for e in self.mesh.transcript if e.request.method == "GET" and "/dav/" in e.request.url]
        exchange = self.pick(old[-8:], number)
        if exchange is not None and self.mesh.is_up(exchange.source):

            async def again():
                with suppress(NetworkError):
                    await self.mesh.fabric.port(exchange.source).send(exchange.request)

            self.attempt(again)

    @rule(host=hosts)
    def crash(self, host):
        self.mesh.crash(host)

    @rule(host=hosts, commits=st.integers(0, 4), after=st.booleans())
    def crash_at_a_commit(self, host, commits, after):
        self.mesh.crash_at(host, commits, after=after)

    @rule(host=hosts)
    def restart(self, host):
        self.mesh.restart(host)

    @rule(host=hosts)
    def partition(self, host):
        self.cut.add(host)

    @rule()
    def heal(self):
        self.cut.clear()

    @rule(count=st.integers(1, 3))
    def lose_answers(self, count):
        self.losing = count

    @rule(seconds=st.sampled_from([1.0, 61.0, 400.0, 4000.0]))
    def let_time_pass(self, seconds):
        self.mesh.advance(seconds)

    def teardown(self):
        """Heal, restart, become quiet, and judge."""
        self.cut.clear()
        self.losing = 0
        self.mesh.journal.crashes.clear()
        for host in HOSTS:
            self.mesh.restart(host)
        assert self.mesh.settle()
        for name in plugins.names("invariants"):
            finding = plugins.load("invariants", name)()(self.mesh.facts())
            assert finding.ok, (finding.name, finding.reason)
        self.mesh.kernel.close()


TestCampus = Campus.TestCase
TestCampus.settings = settings(
    settings(),
    max_examples=max(30, settings().max_examples // 3),
    stateful_step_count=30,
    suppress_health_check=list(HealthCheck),
)


def forgets_the_end(self, host, notification):
    """A receiver that acknowledges SHARE_UNSHARED and does nothing."""


def keeps_open(self, share):
    """A sender whose credentials never end."""
    return True


async def gives_twice(self, errand):
    """A sender that makes a second share of every one it offers."""
    share = self.get(errand.subject)
    if not share.provider_id.endswith("-2"):
        self.site.records.commit([put(replace(share, provider_id=share.provider_id + "-2"))])
    return await honest_tell(self, errand)


def forgets_the_contact(self, host, notification):
    """A site that acknowledges USER_REMOVED and does nothing."""


honest_tell = Sending._tell


@pytest.mark.parametrize(
    ("place", "name", "bug"),
    [
        (Receiving, "changed", forgets_the_end),
        (Granting, "is_open", keeps_open),
        (Sending, "_tell", gives_twice),
        (Inviting, "removed", forgets_the_contact),
    ],
)
def test_the_machine_finds_a_planted_bug(monkeypatch, place, name, bug):
    """Each is one that a real server has had; some sequence of the machine's steps shows it."""
    monkeypatch.setattr(place, name, bug)
    plenty = settings(
        max_examples=400,
        stateful_step_count=30,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
        database=None,
    )
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Campus, settings=plenty)


def test_the_machine_has_rules_for_everything():
    """At least fifteen kinds of things happen."""
    rules = [name for name in vars(Campus) if hasattr(getattr(Campus, name), "hypothesis_stateful_rule")]

    assert len(rules) >= 15
