"""What answered expects of a site that gets no answer."""

import pytest

from meshsim import plugins
from meshsim.site.outbox import Outbox


def judge(mesh):
    return plugins.load("invariants", "answered")()(mesh.facts())


@pytest.fixture
def lose(mesh):
    """Let the network lose, or repeat, so many messages to a path."""

    def lose(fault, path, count=1):
        mesh.fabric.add_fault(fault, plugins.load("faults", fault)(path=path, count=count))

    return lose


@pytest.mark.parametrize("fault", ["lost_request", "lost_answer", "duplicate"])
def test_what_is_told_until_it_is_heard_is_accounted_for(fault, mesh, alice, bob, lose):
    """Retries follow every accident, and a repetition by the network is nobody's to repeat."""
    for path in ("/ocm/shares", "/ocm/notifications"):
        lose(fault, path, 2)
    mesh.run(alice.share("/notes.txt", bob.address))
    mesh.settle()
    mesh.run(bob.accept(bob.received()[0]))
    mesh.settle()

    assert any(exchange.error for exchange in mesh.transcript)
    assert () == judge(mesh).violations


def test_a_request_that_is_forgotten_is_found(mesh, alice, bob, lose, monkeypatch):
    """One lost message, and the errand neither put off nor given up."""
    monkeypatch.setattr(Outbox, "_postpone", lambda self, errand, job, error: None)
    lose("lost_request", "/ocm/notifications")
    mesh.run(bob.ask_share(alice.address, alice.site.wishing.reference("alice", "notes.txt")))
    mesh.settle()

    assert "beta.example.org still waits for alpha.example.org about /ocm/notifications" in judge(mesh).reason


def test_reading_that_fails_is_its_readers_to_repeat(mesh, alice, bob, lose):
    """No errand stands behind a GET, or behind the token for it."""
    mesh.run(alice.share("/notes.txt", bob.address))
    received = mesh.run(bob.accept(bob.received()[0]))
    lose("lost_answer", "/ocm/token")
    mesh.run(bob.read(received))

    assert "timeout" in {exchange.error for exchange in mesh.transcript}
    assert judge(mesh).ok
