"""Whom access accuses, and whom it must not."""

from base64 import b64encode

import pytest

from meshsim import plugins
from meshsim.wire import Request, Response

ALPHA, BETA = "alpha.example.org", "beta.example.org"


@pytest.fixture
def say(mesh):
    """Put an exchange with alpha into the transcript, and give the verdict."""

    def say(method, path, *, start, end, source=BETA, status=200, headers=None, error=""):
        request = Request(method, f"https://{ALPHA}{path}", headers or {})
        exchange = mesh.transcript.begin(source, ALPHA, request, start)
        exchange.response, exchange.ended, exchange.error = Response(status), end, error
        mesh.transcript.finish(exchange)
        return plugins.load("invariants", "access")()(mesh.facts())

    return say


@pytest.fixture
def share(mesh, alice, bob):
    given = mesh.run(alice.share("/papers", bob.address))
    mesh.settle()
    return given


def test_a_copy_needs_both_rights(mesh, alice, bob, say):
    """It reads what it writes."""
    given = mesh.run(alice.share("/papers", bob.address, ("write",)))
    finding = say("COPY", f"/dav/ocm/{given.provider_id}/a", start=mesh.now, end=mesh.now)

    assert "read was not granted" in finding.reason


def test_what_was_revoked_meanwhile_may_have_been_read_before(mesh, alice, share, say):
    """One instant of the exchange suffices."""
    before = mesh.now
    mesh.run(alice.unshare(share))

    assert say("GET", f"/dav/ocm/{share.provider_id}/a", start=before, end=mesh.now).ok
    assert not say("GET", f"/dav/ocm/{share.provider_id}/a", start=mesh.now, end=mesh.now + 1).ok


def test_the_owners_clock_says_when_a_share_expires(mesh, alice, bob, say):
    """From the second that was named, not one later."""
    given = mesh.run(alice.share("/papers", bob.address, expiration=int(mesh.now) + 60))
    path = f"/dav/ocm/{given.provider_id}/a"

    assert say("GET", path, start=given.expiration - 1.0, end=given.expiration + 1.0).ok
    assert "expired" in say("GET", path, start=given.expiration, end=given.expiration + 1.0).reason


def test_a_legacy_secret_selects_the_share(mesh, alice, bob, share, say):
    """Also where the path has the name of another share."""
    other = mesh.run(alice.share("/notes.txt", bob.address, ("write",)))
    basic = {"authorization": "Basic " + b64encode(f"{share.secret}:".encode()).decode()}
    now = mesh.now

    assert say("GET", f"/dav/ocm/{other.provider_id}", start=now, end=now, headers=basic).ok
    assert not say("PUT", f"/dav/ocm/{other.provider_id}", start=now, end=now, headers=basic).ok


def test_who_gave_up_waiting_may_be_served_later(mesh, alice, bob, share, say):
    """The answer came after the right was given, though the caller had gone."""
    asked = mesh.now
    mesh.advance(60)
    mesh.run(alice.change_permissions(share, ("read", "write")))
    path = f"/dav/ocm/{share.provider_id}/a"

    assert say("PUT", path, start=asked, end=asked + 10, error="timeout").ok
    assert not say("PUT", path, start=asked, end=asked + 10).ok


@pytest.mark.parametrize("status", [401, 403, 404])
def test_refusals_accuse_nobody(mesh, status, say):
    """Whoever is refused may try."""
    finding = say("GET", "/dav/ocm/x", start=mesh.now, end=mesh.now, source="stranger.example", status=status)

    assert (True, 0) == (finding.ok, finding.checked)
