"""Web apps, ssh and several protocols at once (draft section 7), as a Receiving Server sees them."""

import pytest

from conformance import Unsupported, needs, requirement
from conformance.catalogue import claimed
from conformance.plugin import protocols

STRICT = "must-exchange-token"


def webapp(peer, **changes):
    """A good webapp member, changed; None leaves a member out."""
    member = {
        "uri": f"{peer.base}/app",
        "targets": ["blank"],
        "permissions": ["view"],
        "requirements": [STRICT],
        "sharedSecret": peer.link.secret(),
    }
    return {name: value for name, value in {**member, **changes}.items() if value is not None}


@requirement("OCM-SHARE-088")
@pytest.mark.parametrize(
    "changes",
    [
        *({name: None} for name in ("uri", "targets", "permissions", "requirements", "sharedSecret")),
        *({name: []} for name in ("targets", "permissions", "requirements")),
        {"uri": "app"},
        {"requirements": ["must-use-mfa"]},
    ],
)
def test_a_web_app_that_is_not_whole_is_refused(site, peer, changes):
    """400; 501 where web apps are not taken at all."""
    answer = peer.post_share(site, protocol={"name": "multi", "webapp": webapp(peer, **changes)})

    assert answer.status_code in (400, 501)


@requirement("OCM-SHARE-089")
def test_requirements_that_disagree_are_refused(site, peer):
    """webdav without, webapp with must-exchange-token."""
    share = peer.share(site, protocol__webapp=webapp(peer))
    share["protocol"]["webdav"].pop("requirements", None)

    assert peer.post(site.url("shares"), share).status_code in (400, 403)


@requirement("OCM-SHARE-094")
def test_odd_media_types_are_no_reason_to_refuse(site, peer):
    """mediaTypes is a hint."""
    share = peer.share(site, protocol__webapp=webapp(peer, mediaTypes=["x-odd/unheard-of"]))
    share["protocol"]["webdav"]["requirements"] = [STRICT]

    assert peer.post(site.url("shares"), share).status_code in (201, 501)


@requirement("OCM-ACC-017")
def test_a_web_app_without_a_common_target_is_unusable(site, peer):
    """Only a target that the receiver does not list: refused, or left alone."""
    share = peer.share(site, protocol={"name": "multi", "webapp": webapp(peer, targets=["iframe"])})
    listed = [t for p in protocols(site.document) for t in p.get("webapp-receive", {}).get("targets", ())]
    if "iframe" in listed:
        raise Unsupported("the site takes every target")

    peer.post(site.url("shares"), share)
    assert [] == peer.asked("POST", "/app")


@requirement("OCM-SHARE-102", "OCM-SHARE-113")
@needs(protocol="ssh-receive")
def test_a_share_over_ssh_is_answered_with_keys(site, peer):
    """recipientPublicKeys."""
    answer = peer.post_share(site, protocol={"name": "ssh", "ssh": {"uri": f"mia@{peer.host}:22/x"}})

    assert 201 == answer.status_code
    assert answer.document.get("recipientPublicKeys")


@requirement("OCM-SHARE-139", "OCM-DISC-033")
def test_a_protocol_that_nobody_knows(site, peer):
    """Refused, or dropped, unless its -receive entry is listed."""
    answer = peer.post_share(site, protocol={"name": "multi", "x-none": {"uri": "x"}})

    assert answer.status_code in (400, 501)


@requirement("OCM-SHARE-056", "OCM-LEG-016")
@pytest.mark.parametrize("name", ["webdav", "multi"])
def test_forms_of_the_protocol_object(site, peer, name, observe):
    """name webdav with options, and what came after it."""
    secret = peer.link.secret()
    forms = {"webdav": {"name": "webdav", "options": {"sharedSecret": secret}}}
    forms["multi"] = peer.share(site)["protocol"]
    answer = peer.post_share(site, protocol=forms[name])
    observe(f"protocol.name {name} is answered {answer.status_code}")

    assert answer.status_code in (201, 403)


@requirement("OCM-LEG-013")
def test_datatx_as_a_protocol(site, peer):
    """The form of 1.1: taken, or refused."""
    answer = peer.post_share(site, protocol={"name": "datatx", "datatx": {"srcUri": "x", "size": 1}})

    assert answer.status_code in (201, 400, 403, 501)


@requirement("OCM-LEG-014")
def test_web_apps_as_they_were(site, peer):
    """uriTemplate and viewMode: refused, or left alone."""
    old = {"uriTemplate": f"{peer.base}/app/{{path}}", "viewMode": "read"}
    answer = peer.post_share(site, protocol__webapp=old)

    assert answer.status_code in (201, 400, 403, 501)


@requirement("OCM-LEG-025")
def test_federations_as_share_type(site, peer):
    """201, or 501."""
    assert peer.post_share(site, shareType="federation").status_code in (201, 400, 501)


@requirement("OCM-LEG-008")
def test_a_code_in_the_place_of_a_secret(site, peer, observe):
    """The share-level code of 1.2."""
    answer = peer.post_share(site, code="c-0123456789", protocol__webdav__sharedSecret=None)
    observe(f"a share with code is answered {answer.status_code}")

    assert answer.status_code < 500


@requirement("OCM-LEG-011")
def test_the_path_for_mfa(site, observe):
    """GET {endPoint}/mfa-capable of the texts after 1.1."""
    observe(f"mfa-capable is answered {site.get(site.url('mfa-capable')).status_code}")


@requirement("OCM-LEG-021")
def test_the_old_request_for_a_share(site, peer, observe):
    """POST {endPoint}/request-share, until -06."""
    body = {"owner": site.address("alice"), "shareWith": peer.address, "share": "x", "shareId": "x"}
    answer = peer.post(site.url("request-share"), body)
    observe(f"request-share is answered {answer.status_code}")

    assert answer.status_code in (201, 400, 401, 403, 404, 405, 501, 503)


@requirement("OCM-LEG-022")
@needs(capability="http-sig")
def test_keys_where_they_were(site):
    """/.well-known/jwks.json, from 1.3 to -06."""
    answer = site.get("/.well-known/jwks.json")
    new = claimed(site.document) >= (1, 5)
    if answer.status_code == 404 and new and "jwksUri" in site.document:
        raise Unsupported("the site says where its keys are")

    assert isinstance(answer.document.get("keys"), list)


@requirement("OCM-LEG-018")
@needs(capability=("notifications", "http-sig"))
def test_an_unsigned_end_of_a_share_is_declined(site, peer):
    """From a server that signs."""
    share = peer.give(site)

    assert peer.notify(site, "SHARE_UNSHARED", share["providerId"], sign=False).status_code in (400, 401, 403)


@requirement("OCM-LEG-026", "OCM-INV-020")
@needs(capability=("invites", "http-sig"))
def test_an_unsigned_acceptance_of_who_signs_is_refused(site, peer, user):
    """It was not that server."""
    assert peer.accept_invite(site, user.invite(), sign=False).status_code in (400, 401, 403)


@requirement("OCM-LEG-020")
@needs(capability="notifications")
def test_accepted_and_then_left(site, peer, user, observe):
    """SHARE_ACCEPTED, and SHARE_UNSHARED by the recipient: the share ends as declined."""
    share = user.shares(peer)
    peer.notify(site, "SHARE_ACCEPTED", share["providerId"])
    answer = peer.notify(site, "SHARE_UNSHARED", share["providerId"])
    observe(f"SHARE_UNSHARED of a recipient is answered {answer.status_code}")

    assert answer.status_code < 500


@requirement("OCM-ADDR-003")
@pytest.mark.parametrize("host", ["127.0.0.1:8443", "[::1]:8443"])
def test_addresses_with_numbers(link, user, host):
    """A server at an IPv4 or IPv6 address and a port."""
    from conformance.peer import Peer

    peer = Peer(link, host)
    user.shares(peer)

    assert [peer.address] == [document["shareWith"] for document in peer.posts("shares")]


@requirement("OCM-SEC-002")
@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a\r\nX-Evil: 1", "\x00", "<script>alert(1)</script>", "x" * 4096]
)
def test_hostile_names_are_refused_or_harmless(site, peer, name):
    """No answer repeats them in a header, and nothing breaks."""
    answer = peer.post_share(site, name=name)

    assert answer.status_code < 500
    assert "x-evil" not in answer.headers


@requirement("OCM-SEC-002")
@pytest.mark.parametrize("uri", ["javascript:alert(1)", "file:///etc/passwd", "../../x"])
def test_hostile_addresses_are_not_fetched(site, peer, uri):
    """As webdav.uri."""
    assert peer.post_share(site, protocol__webdav__uri=uri).status_code < 500


@requirement("OCM-SEC-003")
def test_a_huge_body_is_refused(site, peer):
    """Five megabytes of JSON."""
    answer = peer.post_share(site, description="x" * 5_000_000)

    assert answer.status_code in (0, 400, 413)
