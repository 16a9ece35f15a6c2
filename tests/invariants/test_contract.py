"""What every invariant must do, run over every file: pass an honest run, and find a planted bug."""

import pytest
from msgspec.structs import replace

from meshsim import plugins
from meshsim.invariants import Finding
from meshsim.ocm.lifecycle import Deal, Share
from meshsim.site.records import CONTACTS, INVITATIONS, RECEIVED_SHARES, SENT_SHARES, Errand, Wish
from meshsim.stores import Drop, Put
from meshsim.wire import Request, Response

ALPHA, BETA, GAMMA = "alpha.example.org", "beta.example.org", "gamma.example.org"


def judge(name, mesh) -> Finding:
    return plugins.load("invariants", name)()(mesh.facts())


def dav(mesh):
    """The last successful WebDAV exchange."""
    return [e for e in mesh.transcript if "/dav/ocm/" in e.request.url and e.response.status < 300][-1]


def say(mesh, like, *, source=None, request=None, response=None, later=0.0):
    """Put an exchange into the transcript that is like another."""
    exchange = mesh.transcript.begin(
        source or like.source, like.target, request or like.request, like.started + later
    )
    exchange.response = response or like.response
    exchange.ended = exchange.started + 0.01
    mesh.transcript.finish(exchange)


def commit(mesh, host, *changes):
    mesh.journal.watch(mesh.fabric.hosts.get(host).life, mesh.store(host)).commit(changes)


def a_stranger_reads(mesh):
    say(mesh, dav(mesh), source=GAMMA)


def a_reader_writes(mesh):
    like = [e for e in mesh.transcript if e.request.method == "PUT"][-1]
    say(mesh, like, later=mesh.now - like.started + 1)


def somebody_reads_what_ended(mesh):
    like = dav(mesh)
    say(mesh, like, later=mesh.now - like.started + 1)


def a_share_is_read_that_never_was(mesh):
    url = f"https://{ALPHA}/dav/ocm/nothing"
    say(mesh, dav(mesh), request=Request("GET", url, {"authorization": "Bearer x"}))


def the_receiver_forgets(mesh):
    row = next(r for r in mesh.store(BETA).rows(RECEIVED_SHARES) if r.state is Share.ACCEPTED)
    commit(mesh, BETA, Drop(RECEIVED_SHARES, row.key))


def the_receiver_keeps_what_ended(mesh):
    row = next(r for r in mesh.store(BETA).rows(RECEIVED_SHARES) if r.state is Share.REVOKED)
    commit(mesh, BETA, replace(row, state=Share.ACCEPTED).put())


def rights_differ(mesh):
    row = next(r for r in mesh.store(BETA).rows(RECEIVED_SHARES) if r.state is Share.ACCEPTED)
    commit(mesh, BETA, replace(row, permissions=("read", "write")).put())


def a_contact_is_lost_on_one_side(mesh):
    commit(mesh, BETA, *(Drop(CONTACTS, f"{c.user}\0{c.address}") for c in mesh.store(BETA).rows(CONTACTS)))


def something_stays_untold(mesh):
    errand = Errand("sent x", "sent", "x", BETA, since=mesh.now, due=mesh.now)
    commit(mesh, ALPHA, errand.put())


def a_taken_share_is_lost(mesh):
    for entry in list(mesh.journal.entries):
        if any(change.table == RECEIVED_SHARES for change in entry.changes):
            mesh.journal.entries.remove(entry)


def an_accepted_invite_is_lost(mesh):
    for entry in list(mesh.journal.entries):
        if any(change.table == CONTACTS for change in entry.changes):
            mesh.journal.entries.remove(entry)


def written_bytes_are_lost(mesh):
    storage, kernel = mesh.storage(ALPHA), mesh.kernel
    now, kernel.now = kernel.now, kernel.start
    storage.write("/alice/papers/new.txt", b"something else")
    kernel.now = now


def a_written_file_is_gone(mesh):
    mesh.storage(ALPHA).delete("/alice/papers/new.txt")


def a_share_is_given_twice(mesh):
    row = next(r for r in mesh.store(ALPHA).rows(SENT_SHARES) if r.state is Share.ACCEPTED)
    commit(mesh, ALPHA, replace(row, provider_id="again").put())


def a_share_is_held_twice(mesh):
    row = next(r for r in mesh.store(BETA).rows(RECEIVED_SHARES) if r.state is Share.ACCEPTED)
    commit(mesh, BETA, Put(RECEIVED_SHARES, "other key", row, row.recipient))


def an_invite_is_taken_twice(mesh):
    row = next(mesh.store(ALPHA).rows(INVITATIONS))
    commit(mesh, ALPHA, replace(row, acceptor=replace(row.acceptor, user="carol")).put())


def a_secret_is_in_a_url(mesh):
    secret = next(mesh.store(ALPHA).rows(SENT_SHARES)).secret
    say(mesh, dav(mesh), request=Request("GET", f"https://{ALPHA}/x?next=%2Fy%3Fz%3D{secret}"))


def a_token_is_repeated_by_a_redirect(mesh):
    asked = next(e for e in mesh.transcript if e.request.url.endswith("/ocm/token"))
    token = asked.response.body.decode().split('"access_token":"')[1].split('"')[0]
    say(mesh, dav(mesh), response=Response(302, {"location": f"/elsewhere/{token}"}))


def an_invite_token_is_in_a_path(mesh):
    token = next(mesh.store(ALPHA).rows(INVITATIONS)).token
    say(mesh, dav(mesh), request=Request("GET", f"https://{ALPHA}/invites/{token}"))


def an_exchange_never_ends(mesh):
    mesh.transcript.begin(ALPHA, BETA, dav(mesh).request, mesh.now)


def nobody_asks_again(mesh):
    like = next(e for e in mesh.transcript if e.request.url.endswith("/shares"))
    exchange = mesh.transcript.begin(like.source, like.target, replace(like.request), mesh.now)
    exchange.error, exchange.ended = "timeout", mesh.now + 10
    something_stays_untold(mesh)


def nobody_remembers(mesh):
    like = next(e for e in mesh.transcript if e.request.url.endswith("/notifications"))
    exchange = mesh.transcript.begin(like.source, like.target, replace(like.request), mesh.now)
    exchange.error, exchange.ended = "timeout", mesh.now + 10


def one_waits_for_what_the_other_refused(mesh):
    wish = {
        "user": "bob",
        "peer": ALPHA,
        "resource": "1",
        "share_with": f"bob@{BETA}",
        "owner": f"alice@{ALPHA}",
    }
    rest = {"kind": "REQUEST_SHARE", "permissions": ("read",), "resource_type": "file"}
    commit(mesh, BETA, Wish("out", incoming=False, **wish, **rest).put())
    theirs = {**wish, "user": "alice", "peer": BETA, "state": Deal.REFUSED}
    commit(mesh, ALPHA, Wish("in", incoming=True, **theirs, **rest).put())


BUGS = [
    ("access", a_stranger_reads),
    ("access", a_reader_writes),
    ("access", somebody_reads_what_ended),
    ("access", a_share_is_read_that_never_was),
    ("same_story", the_receiver_forgets),
    ("same_story", the_receiver_keeps_what_ended),
    ("same_story", rights_differ),
    ("same_story", a_contact_is_lost_on_one_side),
    ("same_story", something_stays_untold),
    ("same_story", one_waits_for_what_the_other_refused),
    ("nothing_lost", a_taken_share_is_lost),
    ("nothing_lost", an_accepted_invite_is_lost),
    ("nothing_lost", written_bytes_are_lost),
    ("nothing_lost", a_written_file_is_gone),
    ("nothing_twice", a_share_is_given_twice),
    ("nothing_twice", a_share_is_held_twice),
    ("nothing_twice", an_invite_is_taken_twice),
    ("secrets", a_secret_is_in_a_url),
    ("secrets", a_token_is_repeated_by_a_redirect),
    ("secrets", an_invite_token_is_in_a_path),
    ("answered", an_exchange_never_ends),
    ("answered", nobody_asks_again),
    ("answered", nobody_remembers),
]


@pytest.mark.parametrize("name", plugins.names("invariants"))
def test_an_honest_run_holds(name, honest):
    """Nothing is found, although something was looked at; and the verdict has the file's name."""
    finding = judge(name, honest)

    assert (name, True, "") == (finding.name, finding.ok, finding.reason)
    assert finding.checked > 0


@pytest.mark.parametrize(("name", "plant"), BUGS, ids=lambda value: getattr(value, "__name__", value))
def test_a_planted_bug_is_found(name, plant, honest):
    """One bug of each kind an invariant is for, with a reason that can be read."""
    plant(honest)
    finding = judge(name, honest)

    assert not finding.ok
    assert finding.reason == finding.violations[0]


@pytest.mark.parametrize("name", plugins.names("invariants"))
def test_every_invariant_has_a_planted_bug(name):
    """A new file needs a line above."""
    assert name in {invariant for invariant, _ in BUGS}


def test_judging_changes_nothing(honest):
    """Facts can be judged again, with the same verdict."""
    for name in plugins.names("invariants"):
        assert judge(name, honest) == judge(name, honest)
