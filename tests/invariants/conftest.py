"""An honest run, whose facts tests may doctor."""

import pytest


@pytest.fixture
def honest(make_mesh):
    """A mesh in which two people met, shared, worked and parted, and all is quiet."""
    mesh = make_mesh(2)
    alice, bob = mesh.person("alice@alpha.example.org"), mesh.person("bob@beta.example.org")
    mesh.run(bob.accept_invite(alice.invite()))
    kept = mesh.run(alice.share("/papers", bob.address, ("read", "write")))
    received = mesh.run(bob.accept(bob.received()[0]))
    mesh.run(bob.read(received, "abstract.txt"))
    mesh.run(bob.write(received, "new.txt", b"written by bob"))
    mesh.run(alice.change_permissions(kept, ("read",)))
    gone = mesh.run(alice.share("/notes.txt", bob.address, require_exchange=True))
    taken = mesh.run(bob.accept(bob.received_from(gone, "alpha.example.org")))
    mesh.run(bob.read(taken))
    mesh.run(alice.unshare(gone))
    mesh.settle()
    return mesh
