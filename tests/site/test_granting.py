"""What a credential opens: its own share, as long as that lives, and nothing else."""

from base64 import b64encode

import pytest

from meshsim.mesh import Plan, Topology
from meshsim.ocm.errors import LocalError, PeerError
from meshsim.site.granting import same
from meshsim.wire import Request

ALPHA, BETA = "alpha.example.org", "beta.example.org"


def ask(mesh, url, authorization="", method="GET", source=BETA):
    """A request as anybody could send it."""
    headers = {"authorization": authorization} if authorization else {}

    async def send():
        return await mesh.fabric.port(source).send(Request(method, url, headers))

    return mesh.run(send())


def url(share, path=""):
    return f"https://{ALPHA}/dav/ocm/{share.provider_id}{path}"


def token(mesh, client, code, source=BETA):
    """What the token endpoint answers to a signed request."""
    from meshsim.ocm.token import TokenRequest

    site = mesh.site(source)

    async def send():
        peer = await site.peers.discover(ALPHA)
        form = {"content-type": "application/x-www-form-urlencoded"}
        where = f"https://{ALPHA}/ocm/token"
        return await site.peers.send_signed(peer, where, TokenRequest(client, code).form(), form)

    answer = mesh.run(send())
    import json

    return answer, json.loads(answer.body)


def test_the_secret_opens_a_share_that_does_not_demand_exchange(mesh, alice, bob):
    """As Bearer at its address, or as Basic user name (wire.md section 5); nothing else does."""
    share = mesh.run(alice.share("/papers", bob.address))
    basic = "Basic " + b64encode(f"{share.secret}:".encode()).decode()

    assert 200 == ask(mesh, url(share, "/abstract.txt"), f"Bearer {share.secret}").status
    assert 200 == ask(mesh, url(share, "/abstract.txt"), basic).status
    assert 200 == ask(mesh, f"https://{ALPHA}/dav/ocm/abstract.txt", basic).status
    for wrong in (
        "",
        "Bearer x",
        "Basic eDo=",
        f"Digest {share.secret}",
        f"Bearer {share.secret}x",
        "Bearer",
    ):
        answer = ask(mesh, url(share, "/abstract.txt"), wrong)
        assert 401 == answer.status, wrong
        assert "Bearer" in answer.headers["www-authenticate"]


def test_a_strict_share_takes_only_an_exchanged_token(mesh, alice, bob):
    """OCM-ACC-032, 033"""
    share = mesh.run(alice.share("/notes.txt", bob.address, require_exchange=True))
    basic = "Basic " + b64encode(f"{share.secret}:".encode()).decode()
    answer, granted = token(mesh, BETA, share.secret)

    assert (
        401 == ask(mesh, url(share), f"Bearer {share.secret}").status == ask(mesh, url(share), basic).status
    )
    assert (200, "no-store", "Bearer") == (
        answer.status,
        answer.headers["cache-control"],
        granted["token_type"],
    )
    assert 200 == ask(mesh, url(share), f"Bearer {granted['access_token']}").status
    assert "refresh_token" not in granted
    mesh.advance(granted["expires_in"] + 1)
    assert 401 == ask(mesh, url(share), f"Bearer {granted['access_token']}").status


def test_no_credential_opens_another_share(mesh, alice, bob):
    """OCM-ACC-034"""
    one = mesh.run(alice.share("/notes.txt", bob.address))
    other = mesh.run(alice.share("/papers", bob.address))
    granted = token(mesh, BETA, one.secret)[1]["access_token"]
    for credential in (one.secret, granted):
        assert 401 == ask(mesh, url(other), f"Bearer {credential}", "PROPFIND").status


def test_a_code_belongs_to_the_server_it_was_given_to(make_mesh):
    """And the client must be the signer (OCM-TOK-025, 026); a guess learns nothing."""
    mesh = make_mesh(3)
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    share = mesh.run(alice.share("/notes.txt", bob.address))
    stranger = "gamma.example.org"

    assert ("invalid_grant", 400) == refusal(token(mesh, stranger, share.secret, source=stranger))
    assert ("invalid_client", 401) == refusal(token(mesh, BETA, share.secret, source=stranger))
    assert ("invalid_grant", 400) == refusal(token(mesh, BETA, "guess"))
    assert token(mesh, BETA, "guess")[1] == token(mesh, stranger, share.secret, source=stranger)[1]


def refusal(told):
    return told[1]["error"], told[0].status


def test_a_code_can_be_exchanged_again_until_the_share_ends(mesh, alice, bob):
    """OCM-TOK-017, 023; ACC-038, 039: after that neither tokens nor access."""
    share = mesh.run(alice.share("/notes.txt", bob.address))
    tokens = [token(mesh, BETA, share.secret)[1]["access_token"] for _ in range(2)]

    assert 2 == len({*tokens})
    assert [200, 200] == [ask(mesh, url(share), f"Bearer {t}").status for t in tokens]
    mesh.run(alice.unshare(share))
    assert ("invalid_grant", 400) == refusal(token(mesh, BETA, share.secret))
    assert [401, 401] == [ask(mesh, url(share), f"Bearer {t}").status for t in tokens]


def test_a_token_does_not_outlive_its_share(mesh, alice, bob):
    """expires_in ends with the share's own expiration."""
    share = mesh.run(alice.share("/notes.txt", bob.address, expiration=int(mesh.now) + 100))

    assert token(mesh, BETA, share.secret)[1]["expires_in"] <= 100


@pytest.mark.parametrize("secret", ["opaque", "paper"])
@pytest.mark.parametrize("kind", ["opaque", "exchanged", "paper"])
@pytest.mark.parametrize("strict", [False, True])
def test_every_kind_of_token_opens_the_share(make_mesh, secret, kind, strict):
    """Read and write, again after the owner's site lost its memory, and never after the end."""
    mesh = make_mesh(Topology((Plan(ALPHA, secret_kind=secret, token_kind=kind), Plan(BETA))))
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    share = mesh.run(alice.share("/notes.txt", bob.address, ("read", "write"), require_exchange=strict))
    received = mesh.run(bob.accept(bob.received()[0]))
    mesh.run(bob.write(received, "", b"one"))
    mesh.crash(ALPHA)
    mesh.restart(ALPHA)

    assert b"one" == mesh.run(bob.read(received))
    mesh.run(alice.unshare(share))
    mesh.settle()
    with pytest.raises(LocalError):
        mesh.run(bob.read(received))


def test_a_receiver_renews_its_token(mesh, alice, bob):
    """Before it ends, and without its user noticing (OCM-ACC-025)."""
    mesh.run(alice.share("/notes.txt", bob.address, require_exchange=True))
    received = mesh.run(bob.accept(bob.received()[0]))
    for _ in range(3):
        assert mesh.run(bob.read(received))
        mesh.advance(3600)
    exchanged = [e for e in mesh.transcript if e.request.url.endswith("/ocm/token")]

    assert 3 == len(exchanged)
    assert [] == [e for e in mesh.transcript if "/dav/" in e.request.url and e.response.status == 401]


def test_a_voluntary_exchange_falls_back_to_the_secret(mesh, alice, bob):
    """OCM-ACC-008; a required one does not (OCM-SHARE-008)."""
    from meshsim.faults import PASS, Answer
    from meshsim.wire import Response

    mesh.fabric.add_fault(
        "no tokens",
        lambda e, rng: Answer(Response(500)) if e.request.url.endswith("/ocm/token") else PASS,
    )
    mesh.run(alice.share("/notes.txt", bob.address))
    mesh.run(alice.share("/papers", bob.address, require_exchange=True))
    free, strict = [mesh.run(bob.accept(share)) for share in bob.received()]

    assert mesh.run(bob.read(free))
    with pytest.raises(PeerError, match="no token"):
        mesh.run(bob.names(strict))


def test_secrets_are_compared_whatever_they_are_made_of():
    """A lone surrogate is unequal, and no error."""
    assert same("ü", "ü")
    assert not same("\ud800", "x")


@pytest.mark.parametrize("kind", ["opaque", "exchanged", "paper"])
@pytest.mark.parametrize("ahead", [-50, 50])
def test_a_token_ends_by_the_clock_of_who_issued_it(make_mesh, kind, ahead):
    """Whatever the receiver's clock says; there it is exchanged anew and nobody notices."""
    plans = (
        Plan(ALPHA, token_kind=kind, settings={"token_lifetime": 600}),
        Plan(BETA, clock="offset", clock_options={"seconds": float(ahead)}),
    )
    mesh = make_mesh(Topology(plans))
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    share = mesh.run(alice.share("/notes.txt", bob.address, require_exchange=True))
    received = mesh.run(bob.accept(bob.received()[0]))
    granted = token(mesh, BETA, share.secret)[1]["access_token"]
    mesh.advance(590)
    assert 200 == ask(mesh, url(share), f"Bearer {granted}").status
    mesh.advance(20)

    assert 401 == ask(mesh, url(share), f"Bearer {granted}").status
    assert mesh.run(bob.read(received))


@pytest.mark.parametrize(("kind", "kept"), [("opaque", False), ("exchanged", True), ("paper", True)])
def test_what_a_crash_does_to_tokens(make_mesh, kind, kept):
    """Those that carry their grant go on, and still not beyond the share; others are gone."""
    mesh = make_mesh(Topology((Plan(ALPHA, token_kind=kind), Plan(BETA))))
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    share = mesh.run(alice.share("/notes.txt", bob.address, require_exchange=True))
    granted = token(mesh, BETA, share.secret)[1]["access_token"]
    mesh.crash(ALPHA)
    mesh.restart(ALPHA)

    assert (200 if kept else 401) == ask(mesh, url(share), f"Bearer {granted}").status
    mesh.run(alice.unshare(share))
    assert 401 == ask(mesh, url(share), f"Bearer {granted}").status


@pytest.mark.parametrize("kind", ["exchanged", "paper"])
def test_a_token_of_another_site_or_altered_opens_nothing(make_mesh, kind):
    """Only what this site signed counts, to the last character."""
    plans = tuple(Plan(host, token_kind=kind) for host in (ALPHA, "gamma.example.org"))
    mesh = make_mesh(Topology((*plans, Plan(BETA))))
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    share = mesh.run(alice.share("/notes.txt", bob.address))
    site, other = mesh.site(ALPHA), mesh.site("gamma.example.org")
    grant = site.granting.grant(share, int(mesh.now) + 600)
    good, foreign = site.granting.tokens.issue(grant), other.granting.tokens.issue(grant)
    assert 200 == ask(mesh, url(share), f"Bearer {good}").status
    middle = len(good) // 2
    altered = good[:middle] + ("A" if good[middle] != "A" else "B") + good[middle + 1 :]
    for bad in (foreign, altered, good[:-4], good + "x", "." + good):
        assert 401 == ask(mesh, url(share), f"Bearer {bad}").status, bad


def test_an_expired_share_gives_no_token_and_opens_nothing(mesh, alice, bob):
    """Neither by its secret, nor by the legacy form of it, nor by a token that was exchanged before."""
    share = mesh.run(alice.share("/notes.txt", bob.address, expiration=int(mesh.now) + 60))
    granted = token(mesh, BETA, share.secret)[1]["access_token"]
    mesh.advance(61)
    basic = "Basic " + b64encode(f"{share.secret}:".encode()).decode()

    assert ("invalid_grant", 400) == refusal(token(mesh, BETA, share.secret))
    for credential in (f"Bearer {share.secret}", f"Bearer {granted}", basic):
        assert 401 == ask(mesh, url(share), credential).status


def test_a_declined_share_gives_no_token(mesh, alice, bob):
    """The recipient gave it up, and what they were given with it."""
    share = mesh.run(alice.share("/notes.txt", bob.address))
    mesh.run(bob.decline(bob.received()[0]))

    assert ("invalid_grant", 400) == refusal(token(mesh, BETA, share.secret))
    assert 401 == ask(mesh, url(share), f"Bearer {share.secret}").status


def test_not_more_than_so_many_tokens_are_remembered(mesh, alice, bob, monkeypatch):
    """The oldest goes first; a kind that carries its grant is read again."""
    from meshsim.site import granting

    monkeypatch.setattr(granting, "MOST_TOKENS", 3)
    share = mesh.run(alice.share("/notes.txt", bob.address))
    tokens = [token(mesh, BETA, share.secret)[1]["access_token"] for _ in range(5)]

    assert tokens[2:] == list(mesh.site(ALPHA).granting.issued)
    assert 200 == ask(mesh, url(share), f"Bearer {tokens[0]}").status
