"""Working in a received share, as its user does."""

import pytest

from meshsim import plugins
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
    mesh.site(alice.address.host).granting.tokens = plugins.load("tokens", "opaque")(b"k" * 32, lambda: "t")

    assert mesh.run(bob.read(folder, "abstract.txt"))


def test_credentials_go_into_headers_only():
    """Basic has the secret as user name and no password."""
    assert "Bearer s3cret" == authorization("bearer", "s3cret")
    assert "Basic czNjcmV0LTAwMDE6" == authorization("basic", "s3cret-0001")
