"""The consistency promise: a share, a contact or a change is on both sides or on neither."""

import pytest
from msgspec.structs import replace

from meshsim import plugins
from meshsim.database import DiskFull
from meshsim.faults import PASS, Answer, Delay, Drop
from meshsim.mesh import Mesh
from meshsim.ocm.errors import OcmError
from meshsim.ocm.lifecycle import HELD, OPEN, Share
from meshsim.wire import Response

ALPHA, BETA = "alpha.example.org", "beta.example.org"


def make(**options):
    mesh = Mesh(2, **options)
    return mesh, mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")


def attempt(mesh, work):
    """Run what may be cut short by a crash; whether its user got a good answer."""
    try:
        mesh.run(work)
    except OcmError:
        return False
    return True


def recover(mesh):
    """Bring up what is down, and let everything be told."""
    mesh.journal.crashes.clear()
    for host in (ALPHA, BETA):
        mesh.restart(host)
    assert mesh.settle()


def story(mesh):
    """What each side holds: shares with their state, and contacts."""
    sent = {s.provider_id: s for s in mesh.site(ALPHA).records.sent_by()}
    received = {s.provider_id: s for s in mesh.site(BETA).records.received_by()}
    return sent, received


def check_same_story(mesh):
    sent, received = story(mesh)
    for provider_id, share in sent.items():
        other = received.get(provider_id)
        held = other is not None and other.state in HELD

        assert (share.state in OPEN) == held, (share, other)
        if held:
            assert share.state == other.state
            assert share.permissions == other.permissions
    assert set(received) <= set(sent)
    assert not list(mesh.site(ALPHA).records.errands())
    assert not list(mesh.site(BETA).records.errands())
    ours = {(c.user, str(c.address)) for c in mesh.site(ALPHA).records.contacts()}
    theirs = {(c.address.user, f"{c.user}@{BETA}") for c in mesh.site(BETA).records.contacts()}

    assert ours == theirs


def befriend(mesh, alice, bob):
    mesh.run(bob.accept_invite(alice.invite().string))


async def invite(alice, bob):
    await bob.accept_invite(alice.invite().string)


async def share(alice, bob):
    await alice.share("/notes.txt", bob.address)


async def accept(alice, bob):
    await bob.accept(bob.received()[0])


async def change(alice, bob):
    await alice.change_permissions(alice.given()[0], ("read", "write"))


async def unshare(alice, bob):
    await alice.unshare(alice.given()[0])


async def decline(alice, bob):
    await bob.decline(bob.received()[0])


async def remove(alice, bob):
    await bob.remove_contact(alice.address)


ACTS = {act.__name__: act for act in (invite, share, accept, change, unshare, decline, remove)}


def prepare(mesh, alice, bob, act):
    """Everything that comes before an act, without trouble."""
    for name, earlier in ACTS.items():
        if name == act:
            return
        if name in ("unshare", "decline"):
            continue
        mesh.run(earlier(alice, bob))
    raise AssertionError(act)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("host", [ALPHA, BETA], ids=["alpha", "beta"])
@pytest.mark.parametrize("act", ACTS)
def test_a_crash_at_any_commit_leaves_one_story(act, host, after):
    """Whichever write a site crashes at, both sides agree once it is up again."""
    crashed = 0
    for commits in range(8):
        mesh, alice, bob = make()
        prepare(mesh, alice, bob, act)
        mesh.crash_at(host, commits, after=after)
        attempt(mesh, ACTS[act](alice, bob))
        mesh.advance(600.0)
        crashed += not mesh.journal.crashes
        recover(mesh)

        check_same_story(mesh)

    assert crashed, "this act never made the site write"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("host", [ALPHA, BETA], ids=["alpha", "beta"])
@pytest.mark.parametrize("act", ACTS)
def test_the_end_of_the_process_at_any_commit_leaves_one_story(act, host, after, tmp_path):
    """One site crashes at a commit, and then all of them end; only what is on disk goes on."""
    for commits in range(8):
        folder = tmp_path / str(commits)
        mesh, alice, bob = make(data=folder)
        prepare(mesh, alice, bob, act)
        mesh.crash_at(host, commits, after=after)
        attempt(mesh, ACTS[act](alice, bob))
        mesh.advance(1.0)
        crashed, seconds = not mesh.journal.crashes, mesh.now
        mesh.close()
        assert crashed or commits, "this act never made the site write"

        mesh, _, _ = make(data=folder)
        mesh.advance(seconds - mesh.now)
        recover(mesh)

        check_same_story(mesh)
        mesh.close()
        if not crashed:
            return


def test_what_was_under_way_when_a_site_went_down_may_have_arrived():
    """An offer was taken while its sender crashed; that it is refused when repeated proves nothing."""
    mesh, alice, bob = make()
    mesh.crash_at(ALPHA, 1, after=False)
    assert not attempt(mesh, alice.share("/notes.txt", bob.address))
    assert ["pending"] == [share.state for share in bob.received()]
    mesh.fabric.add_fault(
        "refuse", lambda e, rng: Answer(Response(403)) if e.request.url.endswith("/shares") else PASS
    )
    recover(mesh)

    assert [] == bob.received()
    check_same_story(mesh)


@pytest.mark.parametrize("answer", [False, True], ids=["requests", "answers"])
@pytest.mark.parametrize("act", ACTS)
def test_lost_messages_leave_one_story(act, answer):
    """Whichever requests or answers are lost, both sides agree once messages arrive again."""
    for first in range(4):
        for count in (1, 3, 30):
            mesh, alice, bob = make()
            prepare(mesh, alice, bob, act)
            seen = 0

            def lose(envelope, rng, first=first, count=count):
                nonlocal seen
                if (envelope.response is not None) != answer:
                    return PASS
                seen += 1
                return Drop() if first < seen <= first + count else PASS

            mesh.fabric.add_fault("lose", lose)
            attempt(mesh, ACTS[act](alice, bob))
            recover(mesh)

            check_same_story(mesh)


def test_a_share_that_cannot_be_delivered_is_taken_back():
    """A receiver that stays away past the sender's patience leaves the share on neither side."""
    mesh, alice, bob = make()
    befriend(mesh, alice, bob)
    mesh.crash(BETA)
    share = mesh.run(alice.share("/notes.txt", bob.address))

    assert share.state is Share.OFFERED
    mesh.advance(2 * 3600)
    mesh.restart(BETA)

    assert mesh.settle()
    assert alice.given()[0].state is Share.REVOKED
    assert [] == bob.received()


def test_a_repeated_offer_is_answered_alike():
    """The same notification twice is one share; another one under its providerId is a conflict."""
    mesh, alice, bob = make()
    mesh.run(alice.share("/notes.txt", bob.address))
    first = next(e.request for e in mesh.transcript if e.request.url.endswith("/shares"))
    client = mesh.site(ALPHA)

    async def again(body):
        peer = await client.peers.discover(BETA)
        return await client.peers.send_signed(peer, first.url, body, {"content-type": "application/json"})

    assert 201 == mesh.run(again(first.body)).status
    assert 1 == len(bob.received())
    assert 409 == mesh.run(again(first.body.replace(b'"notes.txt"', b'"other.txt"'))).status
    assert ["notes.txt"] == [share.name for share in bob.received()]


@pytest.mark.parametrize("seconds", [5.0, 20.0, 120.0])
def test_a_change_that_arrives_late_does_not_undo_a_newer_one(seconds):
    """The first change is under way for longer than the sender waits, and overtaken by the second."""
    mesh, alice, bob = make()
    given = mesh.run(alice.share("/notes.txt", bob.address))
    mesh.run(bob.accept(bob.received()[0]))
    late = []

    def delay(envelope, rng):
        change = envelope.response is None and envelope.request.url.endswith("/notifications")
        if change and envelope.source == ALPHA and not late:
            late.append(envelope)
            return Delay(seconds)
        return PASS

    mesh.fabric.add_fault("late", delay)
    mesh.run(alice.change_permissions(given, ("read", "write")))
    mesh.run(alice.change_permissions(given, ("read",)))
    assert mesh.settle()

    assert late
    assert [("read",)] == [share.permissions for share in bob.received()]
    check_same_story(mesh)


def test_what_changes_while_it_is_told_is_told_again():
    """Two changes at once: the last one holds on both sides."""
    mesh, alice, bob = make()
    given = mesh.run(alice.share("/notes.txt", bob.address))
    mesh.run(bob.accept(bob.received()[0]))
    both = [
        mesh.kernel.spawn(alice.change_permissions(given, rights))
        for rights in (("read", "write"), ("read", "share"))
    ]
    assert mesh.settle()

    assert all(change.done for change in both)
    assert [("read", "share")] == [share.permissions for share in bob.received()]
    check_same_story(mesh)


def test_a_refusal_after_silence_takes_back_what_may_have_arrived():
    """The first offer was taken and its answer lost; that the second is refused is no proof of absence."""
    mesh, alice, bob = make()
    seen = []

    def first_silent_then_refused(envelope, rng):
        if not envelope.request.url.endswith("/shares"):
            return PASS
        if envelope.response is not None:
            seen.append("answer")
            return Drop()
        return Answer(Response(403)) if seen else PASS

    mesh.fabric.add_fault("trouble", first_silent_then_refused)
    share = mesh.run(alice.share("/notes.txt", bob.address))
    assert (Share.OFFERED, 1) == (share.state, len(bob.received()))
    assert mesh.settle()

    assert Share.REVOKED is alice.given()[0].state
    assert [] == bob.received()
    check_same_story(mesh)


def test_who_is_not_believed_says_it_again():
    """401 may come of clocks and keys, which get right; the end of a share is told until it is heard."""
    mesh, alice, bob = make()
    mesh.run(alice.share("/notes.txt", bob.address))
    mesh.run(bob.accept(bob.received()[0]))
    deaf = plugins.load("faults", "wrong_status")(status=401, path="/ocm/notifications", end=120.0)
    mesh.fabric.add_fault("deaf", in_place(deaf))
    mesh.run(alice.unshare(alice.given()[0]))
    assert Share.ACCEPTED is bob.received()[0].state
    assert mesh.settle()

    assert [] == bob.received()
    check_same_story(mesh)


def test_an_offer_that_is_not_believed_is_refused_at_once():
    """Who shares waits for the answer, and hears the reason; nothing is left of it."""
    mesh, alice, bob = make()
    deaf = plugins.load("faults", "wrong_status")(status=401, path="/ocm/shares")
    mesh.fabric.add_fault("deaf", in_place(deaf))
    with pytest.raises(OcmError, match="401"):
        mesh.run(alice.share("/notes.txt", bob.address))
    assert mesh.settle()

    assert [Share.FAILED] == [share.state for share in alice.given()]
    assert [] == bob.received()


def in_place(fault):
    """The answer of a fault before its peer has acted."""

    def early(envelope, rng):
        return fault(replace(envelope, response=Response(200)), rng) if envelope.response is None else PASS

    return early


def test_a_full_disk_is_told_and_nothing_is_half(tmp_path):
    """Who asks gets 507, and is asked to try again; once there is room both sides agree."""
    mesh, alice, bob = make(data=tmp_path)
    mesh.run(alice.share("/notes.txt", bob.address))
    database = mesh.store(BETA)._database
    pages = database.execute("PRAGMA page_count").fetchone()[0]
    database.execute(f"PRAGMA max_page_count = {pages}")
    for number in range(40):
        alice.put(f"{number}.txt", b"")
        share = mesh.run(alice.share(f"{number}.txt", bob.address))
        if share.state is Share.OFFERED:
            break
    refused = [e.response.status for e in mesh.transcript if e.request.url.endswith("/shares")][-1]
    assert (507, Share.OFFERED) == (refused, share.state)
    with pytest.raises(DiskFull):
        mesh.run(bob.accept(bob.received()[0]))
    database.execute("PRAGMA max_page_count = 100000")

    assert mesh.settle()
    assert Share.PENDING is alice.given()[-1].state
    check_same_story(mesh)
    mesh.close()
