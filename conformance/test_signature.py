"""HTTP Message Signatures that a site verifies (draft section 6): each is wrong in one way."""

import hashlib

import pytest

from conformance import Unsupported, needs, requirement
from conformance.false_keys import Forged, Weak
from conformance.signing import COVERED, content_digest, sign
from meshsim.ocm.keys import PrivateKey
from meshsim.wire import Request

REFUSED = (400, 401, 403)
SIGNS = needs(capability="http-sig")
HOUR = 3600


def unmet(site):
    """Unsupported where the peer would have to be met first, by keys that are to be wrong."""
    if "must-invite" in site.lists("criteria"):
        raise Unsupported("a share needs an invite here, and that needs right keys")


def without(component):
    """What is covered, but for one component."""
    return {"covered": [name for name in COVERED if name != component]}


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"broken": True}, id="flipped", marks=requirement("OCM-SIG-012", "OCM-SHARE-133")),
        pytest.param(without("@method"), id="no-method", marks=requirement("OCM-SIG-060")),
        pytest.param(without("@target-uri"), id="no-target-uri", marks=requirement("OCM-SIG-061")),
        pytest.param(without("content-digest"), id="no-digest", marks=requirement("OCM-SIG-062")),
        pytest.param(without("content-length"), id="no-length", marks=requirement("OCM-SIG-063")),
        pytest.param({"created": None}, id="no-created", marks=requirement("OCM-SIG-064")),
        pytest.param({"keyid": None}, id="no-keyid", marks=requirement("OCM-SIG-065")),
        pytest.param({"created": HOUR}, id="future", marks=requirement("OCM-SIG-066")),
        pytest.param({"created": -24 * HOUR}, id="old", marks=requirement("OCM-SIG-067")),
        pytest.param({"keyid": "peer.example.net#none"}, id="unknown-key", marks=requirement("OCM-SIG-070")),
        pytest.param({"alg": "ecdsa-p256-sha256"}, id="other-alg", marks=requirement("OCM-SIG-050")),
        pytest.param({"method": "PUT"}, id="other-method", marks=requirement("OCM-SIG-078")),
    ],
)
@SIGNS
def test_a_wrong_signature_is_refused(site, peer, options):
    """Also where none would have been demanded; the share is not there."""
    assert peer.post_share(site, sign=options).status_code in REFUSED


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="plain", marks=requirement("OCM-SIG-029")),
        pytest.param({"label": "zz9"}, id="label", marks=requirement("OCM-SIG-032", "OCM-SIG-072")),
        pytest.param({"alg": None}, id="no-alg", marks=requirement("OCM-SIG-048")),
        pytest.param({"created": -5}, id="seconds-ago", marks=requirement("OCM-SIG-066")),
    ],
)
@SIGNS
def test_a_right_signature_is_taken(site, peer, options):
    """Whatever its label, with or without alg."""
    assert 201 == peer.post_share(site, sign=options).status_code


@requirement("OCM-SIG-045")
@SIGNS
def test_the_algorithm_is_that_of_the_key(site, peer):
    """An ECDSA key, and no alg in the message."""
    peer.key = PrivateKey.from_seed(f"{peer.host}#ec", hashlib.sha256(b"ec").digest(), "ES256")
    peer.keys = {"keys": [peer.key.jwk()]}

    assert 201 == peer.post_share(site, sign={"alg": None}).status_code


@requirement("OCM-SIG-071")
@SIGNS
def test_a_key_without_an_algorithm_is_refused(site, peer):
    """alg is a must since 1.5."""
    unmet(site)
    peer.keys["keys"][0].pop("alg")

    assert peer.post_share(site).status_code in REFUSED


@requirement("OCM-SIG-046")
@SIGNS
def test_the_algorithm_none_is_refused(site, peer):
    """A key that says so, and any signature."""
    unmet(site)
    peer.keys["keys"][0]["alg"] = "none"

    assert peer.post_share(site).status_code in REFUSED


@requirement("OCM-SIG-047")
@SIGNS
def test_a_symmetric_key_is_refused(site, peer):
    """kty oct in the key set of a peer."""
    unmet(site)
    peer.keys = {"keys": [{"kty": "oct", "alg": "HS256", "kid": peer.key.kid, "k": "AAAAAAAAAAAAAAAAAAAAAA"}]}

    assert peer.post_share(site).status_code in REFUSED


@requirement("OCM-SIG-069")
@SIGNS
def test_another_body_than_was_signed_is_refused(site, peer):
    """Of the same length."""
    share = peer.share(site)
    digest = content_digest(b"{}")

    assert peer.post(site.url("shares"), share, sign={"digest": digest}).status_code in REFUSED


@requirement("OCM-SIG-068")
@SIGNS
def test_every_digest_must_fit(site, peer):
    """sha-256 right and sha-512 wrong, both signed."""
    import json

    share = peer.share(site)
    digest = f"{content_digest(json.dumps(share).encode())}, {content_digest(b'x', 'sha-512')}"

    assert peer.post(site.url("shares"), share, sign={"digest": digest}).status_code in REFUSED


def signed_twice(peer, site, first, second):
    """The answer to a share with two signatures; `broken` ones may be among them."""
    import json

    payload = json.dumps(peer.share(site)).encode()
    headers = {"content-type": "application/json", "content-length": str(len(payload))}
    request = Request("POST", site.url("shares"), headers, payload)
    for options in (first, second):
        request = sign(request, peer.key, peer.link.now(), **options)
    return peer.link.send(peer.host, request).response


@requirement("OCM-SIG-074")
@SIGNS
def test_two_tagged_signatures_are_refused(site, peer):
    """Though both hold."""
    assert signed_twice(peer, site, {"label": "a"}, {"label": "b"}).status in REFUSED


@requirement("OCM-SIG-073")
@SIGNS
def test_an_untagged_signature_is_not_looked_at(site, peer):
    """A proxy adds one that does not hold."""
    proxy = {"label": "proxy", "tag": None, "broken": True}

    assert 201 == signed_twice(peer, site, {"label": "a"}, proxy).status


@requirement("OCM-SIG-075", "OCM-SIG-076")
@needs(capability="http-sig", criterion="must-use-http-sig")
def test_without_the_tag_it_is_unsigned(site, peer):
    """A signature for something else proves nothing here."""
    peer.document["capabilities"].remove("http-sig")

    assert peer.post_share(site, sign={"tag": None}).status_code in (401, 403)


@requirement("OCM-SIG-078")
@SIGNS
def test_a_signature_for_another_url_is_refused(site, peer):
    """Made for the notifications, sent to the shares; made for another host."""
    assert peer.post_share(site, sign={"url": site.url("notifications")}).status_code in REFUSED
    elsewhere = "https://elsewhere.example.net/ocm/shares"
    assert peer.post_share(site, sign={"url": elsewhere}).status_code in REFUSED


@requirement("OCM-SIG-079")
@SIGNS
def test_keys_come_from_the_server_that_is_claimed(site, peer, other):
    """keyid is a URL at another server, which is not asked."""
    options = {"key": other.key, "keyid": f"{other.base}/odd/keys#k1"}

    assert peer.post_share(site, sign=options).status_code in REFUSED
    assert [] == other.received


@requirement("OCM-DISC-058")
@SIGNS
def test_keys_may_be_on_another_host(site, peer, other):
    """jwksUri leads anywhere."""
    other.keys = peer.keys
    peer.stranger = "must-invite" in site.lists("criteria")
    peer.document["jwksUri"] = other.document["jwksUri"]

    assert 201 == peer.post_share(site).status_code


@requirement("OCM-TRUST-002")
@SIGNS
def test_a_new_key_is_found(site, peer):
    """After the next discovery."""
    peer.give(site)
    peer.key = PrivateKey.from_seed(f"{peer.host}#k2", hashlib.sha256(b"2").digest())
    peer.keys = {"keys": [peer.key.jwk()]}
    peer.link.wait(3600)

    assert 201 == peer.post_share(site).status_code


@requirement("OCM-SIG-013", "OCM-SHARE-130")
def test_an_unsigned_share_of_a_server_that_does_not_sign(site, peer, observe):
    """Taken or refused; unless must-use-http-sig, both are right."""
    peer.document["capabilities"].remove("http-sig")
    answer = peer.post_share(site, sign=False)
    observe(f"an unsigned share is answered {answer.status_code}")

    assert answer.status_code in (201, *REFUSED)


@pytest.mark.parametrize("endpoint", ["shares", "notifications", "invite-accepted", "token"])
@requirement("OCM-SIG-014")
@needs(criterion="must-use-http-sig")
def test_unsigned_requests_are_refused(site, peer, endpoint):
    """At each endpoint that is offered."""
    peer.document["capabilities"].remove("http-sig")
    if endpoint == "token" and "exchange-token" not in site.lists("capabilities"):
        raise Unsupported("no token exchange")
    send = {
        "shares": lambda: peer.post_share(site, sign=False),
        "notifications": lambda: peer.notify(site, "SHARE_UNSHARED", "x", sign=False),
        "invite-accepted": lambda: peer.accept_invite(site, "no-such-token", sign=False),
        "token": lambda: peer.exchange(site, "no-such-code", sign=False),
    }

    assert send[endpoint]().status_code in (401, 403)


@requirement("OCM-SHARE-131")
@pytest.mark.parametrize("status", [404, 500])
@SIGNS
def test_keys_that_cannot_be_had(site, peer, status):
    """A refusal, and none of our making."""
    unmet(site)
    peer.answer("GET", "/odd/keys", status)

    assert peer.post_share(site).status_code in (*REFUSED, 502, 503)


@requirement("OCM-SIG-011")
def test_towards_a_server_that_does_not_sign(site, peer, user, observe):
    """Signed or not, both are right."""
    peer.document["capabilities"].remove("http-sig")
    user.shares(peer)
    signed = "signature" in peer.asked("POST", "/odd/api/shares")[-1].request.headers
    observe(f"requests to a server without http-sig are {'signed' if signed else 'unsigned'}")


@requirement("OCM-SIG-012")
@SIGNS
def test_what_cannot_be_checked_is_not_taken(site, peer):
    """The keys of the sender cannot be had just now."""
    unmet(site)
    peer.answer("GET", "/odd/keys", 500)

    assert 201 != peer.post_share(site).status_code


@requirement("OCM-SIG-012", "OCM-NOTIF-023")
@SIGNS
def test_what_is_refused_leaves_nothing(site, peer, user):
    """A share whose signature is broken is in no inbox."""
    share = peer.share(site, user.name)
    peer.post(site.url("shares"), share, sign={"broken": True})

    assert not user.has(share)


@requirement("OCM-JWA-001", "OCM-SIG-071")
@SIGNS
def test_a_weak_rsa_key_is_refused(site, peer):
    """1024 bits."""
    unmet(site)
    peer.key = Weak(f"{peer.host}#weak")
    peer.keys = {"keys": [peer.key.jwk()]}

    assert peer.post_share(site).status_code in REFUSED


@requirement("OCM-SIG-047", "OCM-SIG-050")
@SIGNS
def test_the_public_key_is_no_shared_secret(site, peer):
    """HMAC with what everybody knows."""
    options = {"key": Forged(peer.key), "keyid": peer.key.kid, "alg": "hmac-sha256"}

    assert peer.post_share(site, sign=options).status_code in REFUSED


@requirement("OCM-SIG-012", "OCM-SIG-075")
@SIGNS
def test_another_dialect_of_signatures_is_no_proof(site, peer):
    """An Authorization or Signature header of older drafts, of a server that says http-sig."""
    old = f'keyId="{peer.base}#k1",algorithm="hs2019",headers="(request-target) date",signature="AAAA"'
    headers = {"content-type": "application/json", "signature": old}

    assert peer.post(site.url("shares"), peer.share(site), sign=False, headers=headers).status_code in REFUSED
