"""Discovery, keys, and what is believed of a peer's answers."""

import json
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from meshsim.mesh import Plan, Topology
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.document import plain
from meshsim.ocm.errors import OcmError, PeerError, Unauthenticated, Unavailable
from meshsim.ocm.keys import PrivateKey
from meshsim.ocm.signatures import sign
from meshsim.site.peers import (
    MAX_DOCUMENT,
    MOST_PEERS,
    PAUSE,
    Barred,
    final,
    heard,
    judge,
    refusal,
    retry_after,
)
from meshsim.wire import Request, Response

ALPHA, BETA = "alpha.example.org", "beta.example.org"
PEER = "peer.example.org"
DOCUMENT = {
    "enabled": True,
    "apiVersion": "1.5.0",
    "endPoint": f"https://{PEER}/ocm",
    "resourceTypes": [{"name": "file", "shareTypes": ["user"], "protocols": {"webdav": "/dav"}}],
    "capabilities": ["http-sig"],
    "jwksUri": f"https://{PEER}/keys",
}


@pytest.fixture
def site(make_mesh):
    """What there is of a site, and beside it a peer that answers what a test tells it to."""
    mesh = make_mesh(Topology((Plan("alpha.example.org"),)))
    site = mesh.site("alpha.example.org")
    answers, asked = {}, []

    async def peer(request):
        asked.append(request.target.path)
        return answers.get(request.target.path, Response(404))

    mesh.fabric.attach(PEER, peer)
    return SimpleNamespace(mesh=mesh, answers=answers, asked=asked, peers=site.peers, profile=site.profile)


def ok(document):
    return Response(200, {"content-type": "application/json"}, json.dumps(document).encode())


def discover(site, **options):
    return site.mesh.run(site.peers.discover(PEER, **options))


def test_a_document_is_kept_for_a_while(site):
    """And fetched again when it is old, or when asked for (OCM-TRUST-002)."""
    site.answers["/.well-known/ocm"] = ok(DOCUMENT)
    for _ in range(2):
        discover(site)
    assert 1 == len(site.asked)
    discover(site, fresh=True)
    site.mesh.advance(site.profile.discovery_lifetime + 1)
    discover(site)

    assert 3 == len(site.asked)


def test_the_old_path_is_tried_next(site):
    """OCM-LEG-002; the failure of all is told path by path."""
    with pytest.raises(PeerError, match=r"well-known/ocm: answered 404; /ocm-provider: answered 404"):
        discover(site)
    site.answers["/ocm-provider"] = ok(DOCUMENT)

    assert PEER == discover(site).host


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (ok({**DOCUMENT, "enabled": False}), "switched OCM off"),
        (ok({**DOCUMENT, "endPoint": "https://evil.example/ocm"}), "is not on"),
        (ok({**DOCUMENT, "endPoint": f"http://{PEER}/ocm"}), "is not on"),
        (ok({**DOCUMENT, "tokenEndPoint": "https://evil.example/token"}), "is not on"),
        (ok({**DOCUMENT, "jwksUri": f"http://{PEER}/keys"}), "jwksUri .* is not https"),
        (ok({**DOCUMENT, "apiVersion": None}), "apiVersion"),
        (ok([DOCUMENT]), "object"),
        (Response(200, {}, b"<html>"), "JSON"),
        (Response(200, {}, b" " * (MAX_DOCUMENT + 1)), "too long"),
        (Response(301, {"location": "https://evil.example/.well-known/ocm"}), "another host"),
        (Response(302, {"location": "//evil.example/x"}), "another host"),
        (Response(302, {"location": "/.well-known/ocm"}), "redirects"),
        (Response(302, {}), "another host"),
        (Response(500), "500"),
    ],
)
def test_a_document_that_cannot_be_used_is_not(site, answer, reason):
    """Each with its reason (wire.md section 8, 24 and 25)."""
    site.answers["/.well-known/ocm"] = answer
    with pytest.raises(PeerError, match=reason):
        discover(site)


def test_redirects_on_the_same_host_are_followed(site):
    """A few of them, relative or absolute."""
    site.answers["/.well-known/ocm"] = Response(301, {"location": "/a"})
    site.answers["/a"] = Response(308, {"location": f"https://{PEER}/b"})
    site.answers["/b"] = ok(DOCUMENT)

    assert PEER == discover(site).host


def test_keys_are_fetched_and_asked_for_again_with_a_pause(site):
    """A made-up keyid does not make us ask at every request; a new key is found after the pause."""
    site.answers["/.well-known/ocm"] = ok(DOCUMENT)
    peer = discover(site)
    with pytest.raises(Unavailable, match="cannot be fetched"):
        site.mesh.run(site.peers.key(peer, "k1"))
    old, new = (PrivateKey.from_seed(name, bytes([n] * 32)) for n, name in enumerate(("k1", "k2")))
    site.answers["/keys"] = ok({"keys": [old.jwk()]})
    assert old.public == site.mesh.run(site.peers.key(peer, "k1"))
    site.answers["/keys"] = ok({"keys": [new.jwk()]})
    asked = len(site.asked)
    for _ in range(5):
        with pytest.raises(Unauthenticated, match="no key 'k2'"):
            site.mesh.run(site.peers.key(peer, "k2"))
    assert asked == len(site.asked)
    site.mesh.advance(PAUSE + 1)

    assert new.public == site.mesh.run(site.peers.key(peer, "k2"))


def test_some_refusals_are_final_and_others_worth_a_second_try():
    """4xx and 501 are answers; 429, 503, other 5xx and silence are not."""
    assert all(final(PeerError("", answered=status)) for status in (400, 401, 403, 404, 409, 413, 501))
    assert not any(final(PeerError("", answered=status)) for status in (408, 425, 429, 503))
    assert not final(PeerError("", answered=500, certain=False))
    assert not final(PeerError("timeout", certain=False))


def test_retry_after_is_obeyed(make_mesh):
    """A receiver that asks for time gets it."""
    from meshsim.faults import PASS, Answer

    mesh = make_mesh(2)
    alice, bob = mesh.person("alice@alpha.example.org"), mesh.person("bob@beta.example.org")
    times = []

    def busy(envelope, rng):
        if envelope.response is None and envelope.request.url.endswith("/shares"):
            times.append(envelope.time)
            return Answer(Response(503, {"retry-after": "120"})) if len(times) == 1 else PASS
        return PASS

    mesh.fabric.add_fault("busy", busy)
    mesh.run(alice.share("/notes.txt", bob.address))
    mesh.settle()

    assert times[1] - times[0] >= 120
    assert 1 == len(bob.received())


def test_an_old_document_is_used_no_longer_than_it_is_good(site):
    """When it cannot be fetched anew the peer is not used; what was learned is not stretched."""
    site.answers["/.well-known/ocm"] = ok(DOCUMENT)
    discover(site)
    site.answers.clear()
    assert PEER == discover(site).host
    site.mesh.advance(site.profile.discovery_lifetime + 1)
    with pytest.raises(PeerError, match="404"):
        discover(site)


def test_a_host_that_is_not_there_is_no_certain_failure(site):
    """It may be there the next time; a refusal of every path is an answer."""
    with pytest.raises(PeerError) as refused:
        discover(site)
    with pytest.raises(PeerError) as silent:
        site.mesh.run(site.peers.discover("nobody.example.org"))

    assert (True, False) == (refused.value.certain, silent.value.certain)


def test_what_is_signed_is_not_sent_elsewhere(make_mesh):
    """A redirect of a POST is a refusal, whatever it points at (wire.md section 8, 25)."""
    from meshsim.faults import PASS, Answer

    mesh = make_mesh(3)
    alice, bob = mesh.person("alice@alpha.example.org"), mesh.person("bob@beta.example.org")

    def elsewhere(envelope, rng):
        offered = envelope.response is None and envelope.request.url == "https://beta.example.org/ocm/shares"
        there = {"location": "https://gamma.example.org/ocm/shares"}
        return Answer(Response(307, there)) if offered else PASS

    mesh.fabric.add_fault("elsewhere", elsewhere)
    with pytest.raises(PeerError, match="307"):
        mesh.run(alice.share("/notes.txt", bob.address))

    assert [] == [e for e in mesh.transcript if e.target == "gamma.example.org"]


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"message": "no\\n such   user"}', "answered 400: no such user"),
        (b'{"error": "invalid_grant"}', "answered 400: invalid_grant"),
        (b'{"message": 7}', "answered 400"),
        (b"<html>", "answered 400"),
        (b'{"message": "' + b"x" * 999 + b'"}', "answered 400: " + "x" * 200),
        (b" " * (MAX_DOCUMENT + 1), "answered 400"),
    ],
)
def test_a_peers_reason_is_one_bounded_line(site, body, shown):
    """Its words are shown to users, and may be anything."""
    assert shown == site.mesh.run(refusal(Response(400, {}, body)))


def test_only_a_plain_number_of_seconds_is_waited_for(site):
    """A date, a sign or a number beyond reason is no Retry-After of ours."""
    site.answers["/.well-known/ocm"] = ok(DOCUMENT)
    peer = discover(site)
    for text, seconds in (("7", 7), ("-7", None), ("1e3", None), ("٣", None), ("9" * 12, None), ("", None)):
        with pytest.raises(PeerError) as error:
            site.mesh.run(judge(peer, Response(503, {"retry-after": text})))

        assert seconds == error.value.retry_after


def test_not_to_be_believed_is_no_answer_to_what_must_be_told():
    """401 may be a matter of clocks and keys, so what nobody waits for is said again."""
    assert final(PeerError("", answered=401))
    assert not heard(PeerError("", answered=401))
    assert heard(PeerError("", answered=404))
    assert not heard(PeerError("", answered=503))


def test_a_name_that_others_made_up_is_not_looked_for_again_at_once(site):
    """A flood of bogus requests is no flood of ours; our own users may try again at any time."""

    def claimed():
        with pytest.raises(PeerError, match="answered 404"):
            site.mesh.run(site.peers.discover_claimed(PEER))

    claimed()
    asked = len(site.asked)
    for _ in range(5):
        claimed()
    assert asked == len(site.asked)
    with pytest.raises(PeerError):
        discover(site)
    assert 2 * asked == len(site.asked)
    site.mesh.advance(PAUSE + 1)
    site.answers["/.well-known/ocm"] = ok(DOCUMENT)

    assert PEER == site.mesh.run(site.peers.discover_claimed(PEER)).host


def test_no_more_than_so_many_servers_are_remembered(site):
    """Whoever has many names cannot fill our memory."""
    site.answers["/.well-known/ocm"] = ok(DOCUMENT)
    first = discover(site)
    site.peers.known.update({f"peer{n}.example.org": first for n in range(MOST_PEERS)})
    site.peers.known.pop(PEER)
    discover(site)

    assert MOST_PEERS == len(site.peers.known)
    assert PEER in site.peers.known


@pytest.mark.parametrize(
    "policy",
    [("denylist", {"hosts": [PEER]}), ("allowlist", {"hosts": ["friend.example.org"]})],
    ids=lambda policy: policy[0],
)
def test_who_may_not_call_us_is_not_called(make_mesh, policy):
    """Lists hold before discovery, whoever names the host (OCM-DISC-006)."""
    mesh = make_mesh(Topology((Plan("alpha.example.org", policies=(policy,)), Plan(PEER))))
    site = mesh.site("alpha.example.org")
    with pytest.raises(Barred, match=f"{PEER} is not called.*list"):
        mesh.run(site.peers.discover(PEER))
    with pytest.raises(OcmError, match="list"):
        mesh.run(mesh.person("alice@alpha.example.org").share("/notes.txt", OcmAddress("bob", PEER)))

    assert 0 == len(mesh.transcript)


def test_keys_on_another_host_are_fetched_if_that_may_be_called(make_mesh):
    """jwksUri may be anywhere (OCM-DISC-058), but not where the operator forbids."""
    for banned, expected in (("elsewhere.example", 404), ("keys.example", 403)):
        policies = (("denylist", {"hosts": [banned]}),)
        mesh = make_mesh(Topology((Plan("alpha.example.org", policies=policies), Plan(PEER))))
        for host, document in (
            (PEER, {**DOCUMENT, "jwksUri": "https://keys.example/jwks"}),
            ("keys.example", {"keys": [mesh.site(PEER).key.jwk()]}),
        ):

            async def handler(request, document=document):
                return ok(document)

            if host == PEER:
                mesh.fabric.hosts.get(host).handler = handler
            else:
                mesh.fabric.attach(host, handler)
        body = {
            "notificationType": "SHARE_DECLINED",
            "senderDomain": PEER,
            "resourceType": "file",
            "notification": {"file": {"providerId": "x"}},
        }
        request = Request(
            "POST",
            "https://alpha.example.org/ocm/notifications",
            {"content-type": "application/json"},
            json.dumps(body).encode(),
        )
        signed = sign(request, mesh.site(PEER).key, int(mesh.now))

        assert expected == mesh.run(mesh.fabric.port(PEER).send(signed)).status


def test_an_answer_to_an_old_document_is_not_believed_before_a_look_at_the_new_one(make_mesh):
    """A server that moved its API meanwhile is asked once more, where it is now."""
    mesh = make_mesh(Topology((Plan("alpha.example.org"), Plan(PEER))))
    alice, bob = mesh.person("alice@alpha.example.org"), mesh.person(f"bob@{PEER}")
    mesh.run(alice.share("/notes.txt", bob.address))
    mesh.advance(60)
    known = mesh.site("alpha.example.org").peers.known[PEER]
    moved = replace(known.discovery, end_point=f"https://{PEER}/old-ocm")
    known.discovery, known.document = moved, plain(moved)
    share = mesh.run(alice.unshare(alice.given()[0]))

    assert "revoked" == share.state
    assert [] == bob.received()
    paths = [e.request.target.path for e in mesh.transcript][-3:]
    assert ["/old-ocm/notifications", "/.well-known/ocm", "/ocm/notifications"] == paths


def test_keys_of_an_older_server_may_leave_out_what_they_are_for(site):
    """Until 1.4 the texts had no `alg` (wire.md section 8, 28); from 1.5 on keys have it (OCM-SIG-071)."""
    key = PrivateKey.from_seed("k1", bytes(32))
    bare = {name: value for name, value in key.jwk().items() if name != "alg"}
    site.answers["/keys"] = ok({"keys": [bare]})
    for version, known in (("1.4.0", True), ("1.5.0", False)):
        site.answers["/.well-known/ocm"] = ok({**DOCUMENT, "apiVersion": version})
        peer = discover(site, fresh=True)
        if known:
            assert key.public == site.mesh.run(site.peers.key(peer, "k1"))
        else:
            with pytest.raises(Unauthenticated, match="no key"):
                site.mesh.run(site.peers.key(peer, "k1"))


LIMIT = ("rate", {"per_minute": 30, "burst": 2, "spare": 0})


def limited(make_mesh):
    plans = (Plan(ALPHA, dialect_options={"signed": False}), Plan(BETA, policies=(LIMIT,)))
    return make_mesh(Topology(plans))


def test_a_peer_that_asks_us_to_wait_is_not_stormed(make_mesh):
    """Twenty shares at once: after the first refusal they come one by one, as often as the peer allows."""
    mesh = limited(make_mesh)
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    for number in range(20):
        alice.put(f"{number}.txt", b"x")
        mesh.kernel.spawn(alice.share(f"{number}.txt", bob.address))
    mesh.settle()
    sent = [e for e in mesh.transcript if e.request.url.endswith("/shares")]
    refused = [e for e in sent if e.response.status == 429]

    assert 20 == len(bob.received())
    assert 18 == len(refused)  # they were on their way when the first answer came; nobody was refused twice
    assert sent[-1].started - sent[0].started < 60


def test_no_call_is_made_before_the_time_it_was_told(make_mesh):
    """Neither by the outbox nor by anything else that says something to that endpoint."""
    mesh = limited(make_mesh)
    alice, bob = mesh.person(f"alice@{ALPHA}"), mesh.person(f"bob@{BETA}")
    states = []
    for number in range(6):
        alice.put(f"{number}.txt", b"x")
        states.append(str(mesh.run(alice.share(f"{number}.txt", bob.address)).state))
    mesh.settle()
    until = 0.0
    for exchange in mesh.transcript:
        if exchange.request.url.endswith("/shares"):
            assert exchange.started >= until
            if exchange.response.status == 429:
                until = exchange.ended + int(exchange.response.headers["retry-after"])

    assert "offered" in states
    assert 6 == len(bob.received())


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("17", 17), ("Thu, 01 Jan 2026 00:01:00 GMT", 60), ("Wed, 31 Dec 2025 00:00:00 GMT", 0)]
    + [(wrong, None) for wrong in ("", "soon", "-1", "1.5", "9" * 12, "\u0663")],
)
def test_when_to_come_again_is_read_as_seconds_or_as_a_date(text, seconds):
    """What is neither is as good as nothing."""
    assert seconds == retry_after(Response(429, {"retry-after": text}), 1767225600.0)
