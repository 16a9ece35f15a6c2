"""A small mesh under a state machine: whatever people, crashes and the network do, every invariant holds.

Beside the mesh the machine keeps what people were told: what was given to whom, and what was ended.
In the end that must be so. `--hypothesis-profile=explore` (`nox -s explore`) looks longer.
"""

from contextlib import suppress
from dataclasses import dataclass

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
from meshsim.faults import PASS, Drop
from meshsim.mesh import Mesh, Plan, SiteDown, Topology
from meshsim.network.kernel import EPOCH
from meshsim.ocm.errors import LocalError, OcmError
from meshsim.ocm.lifecycle import HELD, OPEN, Share
from meshsim.site.granting import Granting
from meshsim.site.inviting import Inviting
from meshsim.site.opening import Opening
from meshsim.site.outbox import Outbox
from meshsim.site.receiving import Receiving
from meshsim.site.records import RECEIVED_SHARES, share_key
from meshsim.site.sending import Sending
from meshsim.stores import Drop as Forget
from meshsim.wire import NetworkError, Request

HOSTS = ("alpha.example.org", "beta.example.org", "gamma.example.org")
PEOPLE = tuple(f"{user}@{host}" for host in HOSTS for user in ("alice", "bob"))
FILES = ("notes.txt", "papers", "data/measurements.csv")
MARGIN = 600
"""Seconds to its end in which nothing is said of a share: clocks differ, and judging takes time."""

people = st.sampled_from(PEOPLE)
pairs = st.sampled_from(
    [(a, b) for a in PEOPLE for b in PEOPLE if a.partition("@")[2] != b.partition("@")[2]]
)
hosts = st.sampled_from(HOSTS)
picks = st.integers(0, 23)
rights = st.sampled_from([("read",), ("read", "write"), ("read", "share"), ("read", "write", "share")])


@dataclass
class Promise:
    """What people were told of a share."""

    owner: str
    guest: str
    folder: bool
    rights: set[tuple[str, ...]]
    """The last that the owner set; more than one if it is not known which."""
    until: int | None
    stands: bool | None
    """None: nobody was told for certain."""
    accepted: bool = False


class Campus(RuleBasedStateMachine):
    """Three sites, six people. What people try may be refused; what was granted is judged at the end."""

    def __init__(self):
        super().__init__()
        self.cut: set[str] = set()
        self.losing = 0
        self.invites = []
        self.promises: dict[str, Promise] = {}
        self.parted: set[tuple[str, str]] = set()

    @initialize(
        seed=st.integers(0, 3),
        skew=st.sampled_from([0.0, 20.0, -20.0]),
        jump=st.sampled_from([0.0, 30.0, -30.0]),
    )
    def begin(self, seed, skew, jump):
        users = ("alice", "bob")
        plans = (
            Plan(HOSTS[0], users=users),
            Plan(HOSTS[1], users=users, clock="jump", clock_options={"at": EPOCH + 500, "by": jump}),
            Plan(HOSTS[2], users=users, clock="offset", clock_options={"seconds": skew}),
        )
        self.mesh = Mesh(Topology(plans), seed)
        self.mesh.fabric.add_fault("accidents", self._accident)
        # Two who know each other and share, so that much can happen from the first step on.
        alice, bob = self.mesh.person(PEOPLE[0]), self.mesh.person(PEOPLE[3])
        self.mesh.run(bob.accept_invite(alice.invite()))
        self.note(alice, self.mesh.run(alice.share("papers", bob.address, ("read", "write"))))
        self.mesh.run(bob.accept(bob.received()[0]))
        self.mesh.run(bob.read(bob.received()[0], "abstract.txt"))

    def _accident(self, envelope, rng):
        if {envelope.source, envelope.target} & self.cut:
            return Drop()
        if self.losing and envelope.response is not None:
            self.losing -= 1
            return Drop()
        return PASS

    @property
    def all_is_well(self):
        """Nothing is in the way of what is tried now."""
        in_the_way = self.cut or self.losing or self.mesh.journal.crashes
        return not in_the_way and all(self.mesh.is_up(host) for host in HOSTS)

    def attempt(self, make):
        """Do what may be refused: what came of it, and whether that is known for certain."""
        try:
            return self.mesh.run(make()), True
        except LocalError:
            return None, True
        except OcmError as error:
            return None, not isinstance(error, SiteDown)

    def pick(self, found, number):
        """One of several, or None."""
        found = list(found)
        return found[number % len(found)] if found else None

    def person(self, name):
        person = self.mesh.person(name)
        return person if person.is_up else None

    def up(self):
        return [person for name in PEOPLE if (person := self.person(name)) is not None]

    def held(self, number, *states):
        """Somebody, and a share that they were given."""
        found = [(p, s) for p in self.up() for s in p.received() if s.state in (states or HELD)]
        return self.pick(found, number) or (None, None)

    def given(self, number):
        """Somebody, and a share that they gave."""
        found = [(p, s) for p in self.up() for s in p.given() if s.state in OPEN]
        return self.pick(found, number) or (None, None)

    # What people were told

    def note(self, person, share):
        owner, guest = str(person.address), str(share.recipient)
        # The end of a contact that is still to be told may end what the other side gives meanwhile.
        certain = share.state in HELD and (guest, owner) not in self.parted
        folder, granted = share.resource_type == "folder", {share.permissions}
        promise = Promise(owner, guest, folder, granted, share.expiration, True if certain else None)
        self.promises[share.provider_id] = promise

    def end(self, promise, certain):
        if promise is not None and promise.stands is not False:
            promise.stands = False if certain else None

    def said(self, share):
        """What was said of a share that somebody has."""
        return self.promises.get(share.provider_id)

    @rule(inviter=people)
    def invite(self, inviter):
        person = self.person(inviter)
        if person is None:
            return

        async def make():
            return person.invite()

        invite, _ = self.attempt(make)
        if invite is not None:
            self.invites.append(invite)

    @precondition(lambda self: self.invites)
    @rule(guest=people, number=picks)
    def accept_invite(self, guest, number):
        person, invite = self.person(guest), self.pick(self.invites, number)
        if person is not None:
            self.attempt(lambda: person.accept_invite(invite))

    def _share(self, pair, path, granted, lifetime):
        person, to = self.person(pair[0]), self.mesh.person(pair[1]).address
        if person is not None:
            until = None if lifetime is None else int(person.site.now()) + lifetime
            share, _ = self.attempt(lambda: person.share(path, to, granted, expiration=until))
            if share is not None:
                self.note(person, share)

    @rule(pair=pairs, path=st.sampled_from(("notes.txt", "data/measurements.csv")), granted=rights)
    def share_a_file(self, pair, path, granted):
        self._share(pair, path, granted, None)

    @rule(pair=pairs, granted=rights)
    def share_a_folder(self, pair, granted):
        self._share(pair, "papers", granted, None)

    @rule(pair=pairs, path=st.sampled_from(FILES), lifetime=st.integers(1, 2000))
    def share_for_a_while(self, pair, path, lifetime):
        self._share(pair, path, ("read", "share"), lifetime)

    @rule(number=picks)
    def accept(self, number):
        person, share = self.held(number, Share.PENDING)
        if share is not None:
            after, _ = self.attempt(lambda: person.accept(share))
            if after is not None and after.state is Share.ACCEPTED and self.said(share) is not None:
                self.said(share).accepted = True

    @rule(number=picks)
    def decline(self, number):
        person, share = self.held(number)
        if share is not None:
            after, certain = self.attempt(lambda: person.decline(share))
            if after is not None or not certain:
                self.end(self.said(share), certain)

    @rule(number=picks)
    def read(self, number):
        person, share = self.held(number, Share.ACCEPTED)
        if share is not None:
            path = "abstract.txt" if share.resource_type == "folder" else ""
            promise, well = self.said(share), self.all_is_well
            found, _ = self.attempt(lambda: person.read(share, path))
            if promise is not None and promise.stands and promise.until is None and well:
                assert found is not None, f"{share!r} was granted, and cannot be read"

    @rule(number=picks, data=st.binary(max_size=4))
    def write(self, number, data):
        person, share = self.held(number, Share.ACCEPTED)
        if share is not None:
            path = "new.txt" if share.resource_type == "folder" else ""
            self.attempt(lambda: person.write(share, path, data))

    @rule(number=picks)
    def list_folder(self, number):
        person, share = self.held(number, Share.ACCEPTED)
        if share is not None and share.resource_type == "folder":
            self.attempt(lambda: person.names(share))

    @rule(number=picks, granted=rights)
    def change_permissions(self, number, granted):
        person, share = self.given(number)
        if share is not None:
            after, certain = self.attempt(lambda: person.change_permissions(share, granted))
            promise = self.said(share)
            if promise is not None and after is not None:
                promise.rights = {granted}
            elif promise is not None and not certain:
                promise.rights |= {granted}

    @rule(number=picks)
    def unshare(self, number):
        person, share = self.given(number)
        if share is not None:
            after, certain = self.attempt(lambda: person.unshare(share))
            if after is not None or not certain:
                self.end(self.said(share), certain)

    @rule(number=picks)
    def remove_contact(self, number):
        person, contact = self.pick([(p, c) for p in self.up() for c in p.contacts()], number) or (None, None)
        if contact is not None:
            # A crash may come after the commit, so that this much is not known.
            _, certain = self.attempt(lambda: person.remove_contact(contact.address))
            pair = (str(person.address), str(contact.address))
            self.parted.add(pair)
            for promise in self.promises.values():
                if {promise.owner, promise.guest} == set(pair):
                    self.end(promise, certain)

    @rule(pair=pairs)
    def ask_for_a_share(self, pair):
        person, other = self.person(pair[0]), self.person(pair[1])
        if person is not None and other is not None:
            reference = other.site.wishing.reference(other.address.user, "notes.txt")
            self.attempt(lambda: person.ask_share(other.address, reference))

    @rule(number=picks, agree=st.booleans())
    def answer_a_request(self, number, agree):
        asked = [(p, w) for p in self.up() for w in p.asked() if w.incoming and w.state == "open"]
        person, wish = self.pick(asked, number) or (None, None)
        if wish is not None:
            share, _ = self.attempt(lambda: person.answer(wish, agree))
            if share is not None:
                self.note(person, share)

    @rule(number=picks, third=people)
    def ask_for_a_reshare(self, number, third):
        person, share = self.held(number)
        if share is not None:
            to = self.mesh.person(third).address
            self.attempt(lambda: person.ask_reshare(share, to))

    @rule(number=picks)
    def replay(self, number):
        """Somebody at the receiving site kept an old request, with its credential, and sends it again."""
        methods = ("GET", "PROPFIND")
        old = [e for e in self.mesh.transcript if e.request.method in methods and "/dav/" in e.request.url]
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
        """The network is whole, and nobody is down."""
        self.cut.clear()
        for host in HOSTS:
            self.mesh.restart(host)

    @rule(count=st.integers(1, 3))
    def lose_answers(self, count):
        self.losing = count

    @rule(seconds=st.sampled_from([1.0, 61.0, 400.0, 4000.0]))
    def let_time_pass(self, seconds):
        self.mesh.advance(seconds)

    @rule()
    def settle(self):
        self.mesh.settle(3600.0)

    def teardown(self):
        """Heal, restart, become quiet, and judge."""
        self.losing = 0
        self.mesh.journal.crashes.clear()
        self.heal()
        assert self.mesh.settle(), "never quiet"
        for name in plugins.names("invariants"):
            finding = plugins.load("invariants", name)()(self.mesh.facts())
            assert finding.ok, (finding.name, finding.reason)
        for provider_id, promise in self.promises.items():
            if promise.until is None or promise.until > self.mesh.now + MARGIN:
                self.judge(provider_id, promise)
        self.mesh.kernel.close()

    def judge(self, provider_id, promise):
        """What people were told of a share is so, and what was ended opens nothing."""
        owner, guest = self.mesh.person(promise.owner), self.mesh.person(promise.guest)
        sent = owner.site.records.sent(provider_id)
        received = guest.site.records.received(share_key(owner.address.host, provider_id))
        if promise.stands is None:
            return
        if not promise.stands:
            assert sent.state not in OPEN, f"promise: {sent!r} was ended"
            assert received is None or received not in guest.received(), f"promise: {received!r} was ended"
            assert 401 == self.shown(owner, guest, sent), (
                f"promise: {sent!r} was ended, and its secret opens it"
            )
            return
        wanted = {Share.ACCEPTED} if promise.accepted else HELD
        assert sent.state in wanted, f"promise: {sent!r} was granted"
        assert received is not None, f"promise: {sent!r} was granted, and has not arrived"
        told = {frozenset(granted) for granted in promise.rights}
        assert frozenset(received.permissions) in told, f"promise: {received!r} has other rights"
        if received.state is Share.PENDING:
            received = self.mesh.run(guest.accept(received))
        path = "abstract.txt" if promise.folder else ""
        body = self.mesh.run(guest.read(received, path))
        status = self.mesh.run(guest.request(received, "PUT", path, body=body)).status
        assert ("write" in received.permissions) == (status < 300), f"promise: PUT was answered {status}"

    def shown(self, owner, guest, sent):
        """What showing the secret of a share is answered."""
        url = f"{owner.site.base}{owner.site.profile.dialect.dav_path}/{sent.provider_id}"
        request = Request("GET", url, {"authorization": f"Bearer {sent.secret}"})
        return self.mesh.run(self.mesh.fabric.port(guest.address.host).send(request)).status


TestCampus = Campus.TestCase
TestCampus.settings = settings(
    settings(),
    max_examples=max(120, settings().max_examples // 3),
    stateful_step_count=30,
    suppress_health_check=list(HealthCheck),
)

honest_tell, honest_take, honest_postpone = Sending._tell, Receiving.take, Outbox._postpone
honest_url, honest_access = Opening._url, Granting._access


def forgets_the_end(self, host, notification):
    """A receiver that acknowledges SHARE_UNSHARED and does nothing."""


def keeps_open(self, share):
    """A sender whose credentials never end."""
    return True


def lets_write(self, share):
    """A sender that grants more than was given."""
    return replace(honest_access(self, share), permissions=frozenset({"read", "write", "share"}))


async def gives_twice(self, errand):
    """A sender that makes a second share of every one it offers."""
    share = self.get(errand.subject)
    if not share.provider_id.endswith("-2"):
        self.site.records.commit([replace(share, provider_id=share.provider_id + "-2").put()])
    return await honest_tell(self, errand)


def forgets_the_contact(self, host, notification):
    """A site that acknowledges USER_REMOVED and does nothing."""


async def keeps_nothing(self, request, creation):
    """A receiver that answers 201 and has no share."""
    answer = await honest_take(self, request, creation)
    key = share_key(creation.sender_address.host, creation.provider_id)
    if not creation.name.endswith("papers"):
        self.site.records.commit([Forget(RECEIVED_SHARES, key)])
    return answer


def never_asks_again(self, errand, job, error):
    """A site that forgets what it could not tell at once."""
    self.site.records.commit([Forget("errands", errand.key)])


def shows_the_secret(self, peer, share, path, legacy):
    """A receiver that puts the secret into a URL."""
    return f"{honest_url(self, peer, share, path, legacy)}?access_token={share.secret}"


@pytest.mark.parametrize(
    ("place", "name", "bug", "found"),
    [
        (Receiving, "changed", forgets_the_end, "same_story"),
        (Granting, "is_open", keeps_open, "access|same_story|promise"),
        (Granting, "_access", lets_write, "access|promise"),
        (Sending, "_tell", gives_twice, "nothing_twice"),
        (Inviting, "removed", forgets_the_contact, "same_story"),
        (Receiving, "take", keeps_nothing, "nothing_lost|same_story"),
        (Outbox, "_postpone", never_asks_again, "answered|same_story"),
        (Opening, "_url", shows_the_secret, "secrets"),
    ],
)
def test_the_machine_finds_a_planted_bug(monkeypatch, place, name, bug, found):
    """Each is one that a real server has had; some sequence of the machine's steps shows it."""
    monkeypatch.setattr(place, name, bug)
    plenty = settings(
        max_examples=400,
        stateful_step_count=30,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
        report_multiple_bugs=False,
        database=None,
    )
    with pytest.raises(AssertionError, match=found):
        run_state_machine_as_test(Campus, settings=plenty)


def test_the_machine_has_rules_for_everything():
    """At least fifteen kinds of things happen."""
    rules = [name for name in vars(Campus) if hasattr(getattr(Campus, name), "hypothesis_stateful_rule")]

    assert len(rules) >= 15
