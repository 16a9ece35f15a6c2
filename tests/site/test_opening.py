"""Working in a received share, as its user does."""

import pytest

from meshsim import plugins
from meshsim.mesh import Mesh, Plan, Topology
from meshsim.ocm.errors import Forbidden, LocalError, NotFound, PeerError
from meshsim.site.opening import authorization
from meshsim.wire import read


@pytest.fixture
def folder(mesh, alice, bob):
    """A folder of Alice's that Bob may write in."""
    mesh.run(alice.share("/papers", bob.address, ("read", "write")))
    return mesh.run(bob.accept(bob.received()[0]))


def test_files_are_read_listed_and_written(mesh, alice, bob, folder):
    """What Bob writes is in Alice's home, and what she writes Bob can read."""
    assert ["abstract.txt", "review.md"] == mesh.run(bob.names(folder))
    mesh.run(bob.write(folder, "räksmörgås & co.txt", b"from bob"))
    alice.put("papers/new.txt", b"from alice")

    assert b"from bob" == mesh.run(alice.get("papers/räksmörgås & co.txt"))
    assert b"from alice" == mesh.run(bob.read(folder, "new.txt"))


def test_folders_are_made_moved_copied_and_deleted(mesh, alice, bob, folder):
    """The target of a move is a path in the same share."""
    steps = [
        ("MKCOL", "drafts", {}, 201),
        ("MOVE", "abstract.txt", {"destination": "drafts/abstract.txt"}, 201),
        ("COPY", "drafts/abstract.txt", {"destination": "copy.txt"}, 201),
        ("DELETE", "review.md", {}, 204),
        ("GET", "review.md", {}, 404),
    ]

    assert [status for *_, status in steps] == [
        mesh.run(bob.request(folder, method, path, **options)).status for method, path, options, _ in steps
    ]
    assert ["copy.txt", "drafts"] == mesh.run(bob.names(folder))


def test_a_part_is_read(mesh, bob, folder):
    """Range goes along, and so does the answer."""
    answer = mesh.run(bob.request(folder, "GET", "abstract.txt", headers={"range": "bytes=0-3"}))

    assert (206, 4) == (answer.status, len(mesh.run(read(answer.body))))


@pytest.mark.parametrize("path", ["../notes.txt", "..", "a/../../notes.txt", "%2e%2e/notes.txt"])
def test_no_path_leads_out_of_the_share(mesh, bob, folder, path):
    """Whatever the spelling, the owner's other files stay hers (OCM-ACC-036)."""
    for method in ("GET", "PUT", "DELETE"):
        assert mesh.run(bob.request(folder, method, path, body=b"x")).status >= 400


def test_failures_say_what_they_are(mesh, alice, bob, folder):
    """Missing, forbidden, and a server that is away are different errors."""
    with pytest.raises(NotFound):
        mesh.run(bob.read(folder, "nothing.txt"))
    mesh.run(alice.change_permissions(alice.given()[0], ("read",)))
    with pytest.raises(Forbidden):
        mesh.run(bob.write(folder, "x.txt", b""))
    mesh.crash(alice.address.host)
    with pytest.raises(PeerError, match="refused"):
        mesh.run(bob.read(folder, "abstract.txt"))


def test_only_an_accepted_share_is_opened(mesh, alice, bob):
    """Before that its user is asked to accept."""
    mesh.run(alice.share("/notes.txt", bob.address))
    with pytest.raises(LocalError, match="pending, not accepted"):
        mesh.run(bob.read(bob.received()[0]))


def test_a_token_that_is_refused_early_is_exchanged_anew(mesh, alice, bob, folder):
    """The owner's site may have lost it; its user does not notice."""
    mesh.run(bob.read(folder, "abstract.txt"))
    mesh.site(alice.address.host).granting.issued.clear()
    mesh.site(alice.address.host).granting._tokens = plugins.load("tokens", "opaque")(b"k" * 32, lambda: "t")

    assert mesh.run(bob.read(folder, "abstract.txt"))


def test_credentials_go_into_headers_only():
    """Basic has the secret as user name and no password."""
    assert "Bearer s3cret" == authorization("bearer", "s3cret")
    assert "Basic czNjcmV0LTAwMDE6" == authorization("basic", "s3cret-0001")


def test_requests_at_once_renew_one_token(make_mesh):
    """The owner's site lost its tokens; each of several requests under way gets its answer."""
    from meshsim.mesh import Plan, Topology

    mesh = make_mesh(Topology((Plan("alpha.example.org", token_kind="opaque"), Plan("beta.example.org"))))
    alice, bob = mesh.person("alice@alpha.example.org"), mesh.person("bob@beta.example.org")
    mesh.run(alice.share("/notes.txt", bob.address, require_exchange=True))
    received = mesh.run(bob.accept(bob.received()[0]))
    mesh.run(bob.read(received))
    mesh.crash(alice.address.host)
    mesh.restart(alice.address.host)
    reads = [mesh.kernel.spawn(bob.read(received)) for _ in range(3)]
    mesh.advance(5.0)

    assert [mesh.run(alice.get("notes.txt"))] * 3 == [read.result() for read in reads]


def test_a_lock_keeps_others_out_until_it_is_given_back(mesh, alice, bob):
    """Across servers: who has not its token gets 423."""
    carol = mesh.person("carol@beta.example.org")
    for guest in (bob, carol):
        mesh.run(alice.share("/papers", guest.address, ("read", "write")))
    ours, theirs = (mesh.run(guest.accept(guest.received()[0])) for guest in (bob, carol))
    lock = (
        b'<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>'
        b"<D:locktype><D:write/></D:locktype></D:lockinfo>"
    )
    locked = mesh.run(bob.request(ours, "LOCK", "abstract.txt", body=lock))
    token = locked.headers["lock-token"]

    assert 423 == mesh.run(carol.request(theirs, "PUT", "abstract.txt", body=b"no")).status
    given = mesh.run(
        bob.request(ours, "PUT", "abstract.txt", headers={"if": f"({token})"}, body=b"ours")
    ).status
    assert given < 300
    assert 204 == mesh.run(bob.request(ours, "UNLOCK", "abstract.txt", headers={"lock-token": token})).status
    mesh.run(carol.write(theirs, "abstract.txt", b"theirs"))
    assert b"theirs" == mesh.run(alice.get("papers/abstract.txt"))


@pytest.mark.parametrize("side", ["alpha.example.org", "beta.example.org"])
def test_without_exchange_on_either_side_the_secret_is_shown(make_mesh, side):
    """Nobody asks for a token that the other cannot give, or that it cannot use itself."""
    from meshsim.mesh import Plan, Topology

    hosts = ("alpha.example.org", "beta.example.org")
    plans = tuple(Plan(host, settings={"exchange": host != side}) for host in hosts)
    mesh = make_mesh(Topology(plans))
    alice, bob = mesh.person("alice@alpha.example.org"), mesh.person("bob@beta.example.org")
    mesh.run(alice.share("/notes.txt", bob.address))
    received = mesh.run(bob.accept(bob.received()[0]))

    assert mesh.run(alice.get("notes.txt")) == mesh.run(bob.read(received))
    assert [] == [e for e in mesh.transcript if e.request.url.endswith("/ocm/token")]


@pytest.mark.parametrize("answer", [b"", b"{}", b"[]", b'{"access_token": 1}', b"x" * 300_000])
def test_a_token_answer_that_makes_no_sense_opens_nothing(mesh, alice, bob, answer):
    """It is an error of the peer, and no secret is shown in its stead."""
    from meshsim.faults import PASS, Answer
    from meshsim.wire import Response

    def nonsense(envelope, rng):
        asked = envelope.response is None and envelope.request.url.endswith("/ocm/token")
        return Answer(Response(200, {"content-type": "application/json"}, answer)) if asked else PASS

    mesh.run(alice.share("/notes.txt", bob.address, require_exchange=True))
    received = mesh.run(bob.accept(bob.received()[0]))
    mesh.fabric.add_fault("nonsense", nonsense)
    with pytest.raises(PeerError):
        mesh.run(bob.read(received))

    assert [] == [e for e in mesh.transcript if "/dav/" in e.request.url]


def test_a_token_that_many_use_is_renewed_once():
    """While one request fetches the next, the others go on with the one that still holds."""
    plans = tuple(Plan(host, settings={"token_lifetime": 600}) for host in ("a.example", "b.example"))
    mesh = Mesh(Topology(plans))
    alice, bob = mesh.person("alice@a.example"), mesh.person("bob@b.example")
    share = mesh.run(alice.site.sending.share("alice", "notes.txt", bob.address, require_exchange=True))
    received = mesh.run(bob.accept(bob.received_from(share, "a.example")))
    mesh.run(bob.read(received))
    mesh.advance(600 - 20)
    before = [exchange.request.url for exchange in mesh.transcript]
    for _ in range(5):
        mesh.kernel.spawn(bob.read(received))
    mesh.advance(10)
    after = [exchange.request.url for exchange in mesh.transcript][len(before) :]

    assert 1 == len([url for url in after if url.endswith("/ocm/token")])
    assert 5 == len([url for url in after if "/dav/" in url])
