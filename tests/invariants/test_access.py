"""Whom access accuses, and whom it must not."""

from base64 import b64encode

import pytest

from meshsim import plugins
from meshsim.site.granting import Granting
from meshsim.site.records import SENT_SHARES
from meshsim.wire import Request, Response

ALPHA, BETA = "alpha.example.org", "beta.example.org"


@pytest.fixture
def say(mesh):
    """Put an exchange with alpha into the transcript, and give the verdict."""

    def say(method, path, *, start, end, source=BETA, status=200, headers=None, error=""):
        shares = {row.provider_id: row for _, _, row in mesh.journal.rows(SENT_SHARES)}
        if headers is None and (named := shares.get(path.split("/")[3])):
            headers = {"authorization": f"Bearer {named.secret}"}
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


def test_an_answer_that_the_network_made_up_accuses_nobody(mesh, alice, share):
    """The site refused, and somebody between wrote 200."""
    wrong = plugins.load("faults", "wrong_status")(path="/dav", status=200)
    mesh.fabric.add_fault("wrong_status", wrong)
    ask = Request("GET", f"https://{ALPHA}/dav/ocm/{share.provider_id}", {"authorization": "Bearer a-guess"})

    assert 200 == mesh.run(mesh.fabric.port(BETA).send(ask)).status
    assert plugins.load("invariants", "access")()(mesh.facts()).ok


@pytest.mark.parametrize("status", [401, 403, 404])
def test_refusals_accuse_nobody(mesh, status, say):
    """Whoever is refused may try."""
    finding = say("GET", "/dav/ocm/x", start=mesh.now, end=mesh.now, source="stranger.example", status=status)

    assert (True, 0) == (finding.ok, finding.checked)


@pytest.mark.parametrize("required", [False, True])
def test_what_opens_a_share_is_its_secret_or_a_token(required, mesh, alice, bob, monkeypatch):
    """A server that lets in whoever names the share is found; so is one that takes the secret for a token."""
    given = mesh.run(alice.share("/notes.txt", bob.address, require_exchange=required))
    received = mesh.run(bob.accept(bob.received()[0]))
    mesh.run(bob.read(received))
    judge = plugins.load("invariants", "access")()

    assert judge(mesh.facts()).ok
    monkeypatch.setattr(
        Granting, "bearer", lambda self, share, shown: self._access(self.site.records.sent(share))
    )
    shown = {"authorization": f"Bearer {given.secret if required else 'a-guess'}"}
    ask = Request("GET", f"https://{ALPHA}/dav/ocm/{given.provider_id}", shown)

    assert 200 == mesh.run(mesh.fabric.port(BETA).send(ask)).status
    assert "the credential does not open the share" in judge(mesh.facts()).reason
