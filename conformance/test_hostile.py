"""What somebody sends who means harm (draft section 12)."""

import gzip

import pytest

from conformance import Blocked, Unsupported, needs, requirement
from conformance.test_webdav import given

REFUSED = (400, 401, 403)
BARRED = needs(capability="invites", policies=(("denylist", {"hosts": ("peer.example.net",)}),))


@requirement("OCM-SEC-002")
def test_discovery_does_not_repeat_the_host_that_was_called(site):
    """A forged Host header is refused, or changes nothing."""
    expected = site.document
    answer = site.get("/.well-known/ocm", host="evil.example.net", x_forwarded_host="evil.example.net")

    assert answer.status_code in (400, 404, 421) or expected == answer.json


@requirement("OCM-SEC-002")
def test_the_dialog_leads_nowhere_else(site):
    """A provider in its query is not where the browser is sent."""
    dialog = site.document.get("inviteAcceptDialog")
    if not isinstance(dialog, str):
        raise Unsupported("the site has no inviteAcceptDialog")
    for provider in ("evil.example.net", "//evil.example.net", "https://evil.example.net/x"):
        where = site.get(f"{dialog}?token=t-1&providerDomain={provider}").headers.get("location", "")

        assert not where.partition("?")[0].removeprefix("https:").startswith("//evil")


@requirement("OCM-SEC-002")
def test_markup_in_a_name_stays_text(site, peer, other):
    """No HTML answer has it as it came; no header has what follows a line end."""
    for change in ({"name": "<script>alert(1)</script>"}, {"name": "a\r\nX-Evil: 1"}):
        for more in ({}, {"shareType": "<script>alert(1)</script>"}, {"shareWith": f"<script>@{site.host}"}):
            answer = peer.post_share(site, **{**change, **more})

            assert "html" not in answer.media_type or "<script>" not in answer.text
            assert "x-evil" not in answer.headers


@requirement("OCM-SEC-002", "OCM-ACC-001")
def test_nothing_is_fetched_when_a_share_arrives(site, peer, other):
    """Its webdav.uri is for later, when its user opens it."""
    peer.post_share(site, protocol__webdav__uri=f"{other.base}/odd/dav/x")

    assert [] == other.received


@requirement("OCM-TOK-043", "OCM-SHARE-068")
def test_an_error_does_not_repeat_a_credential(site, user, peer):
    """Neither one that was shown nor the right one."""
    url, secret = given(user, peer)
    shown = peer.link.secret()
    answers = [peer.dav("GET", url, shown), peer.dav("GET", f"{url}-none", secret)]
    if "exchange-token" in site.lists("capabilities"):
        answers.append(peer.exchange(site, shown))
    for answer in answers:
        everything = answer.text + " ".join(answer.headers.values())

        assert not peer.link.fact(lambda e=everything: shown in e or secret in e)


@requirement("OCM-INV-045", "OCM-INV-051")
@needs(capability="invites")
@pytest.mark.parametrize("token", ["", " "])
def test_an_empty_token_opens_nothing(site, peer, user, token):
    """Even while an invite is open."""
    user.invite()

    # 1.1 has 404 for a token that is not known (wire.md section 8, 36).
    assert peer.accept_invite(site, token).status_code in ((400, 404) if peer.old else (400,))


@requirement("OCM-ACC-036", "OCM-ACC-034")
def test_a_sibling_whose_name_begins_alike_is_closed(user, peer):
    """/papers and /papers-secret."""
    user.act("folder", "/papers-secret")
    user.act("put", "/papers-secret/x.txt", "hidden")
    url, secret = given(user, peer, "/papers")
    root = url.rstrip("/")
    for way in (
        f"{root}-secret/x.txt",
        f"{root}/..%2fpapers-secret/x.txt",
        f"{root}/%2e%2e/papers-secret/x.txt",
    ):
        answer = peer.dav("GET", way, secret)

        assert answer.status_code >= 400
        assert "hidden" not in answer.text


@requirement("OCM-ACC-034")
def test_a_secret_does_not_list_other_shares(user, peer):
    """At the place they all have in common."""
    url, secret = given(user, peer)
    other, _ = given(user, peer, "/papers")
    root = url.rstrip("/").rpartition("/")[0] + "/"
    answer = peer.dav("PROPFIND", root, secret, depth="1")

    assert other.rstrip("/").rpartition("/")[2] not in answer.text


@requirement("OCM-INV-046", "OCM-SHARE-119")
@BARRED
def test_a_forwarding_header_opens_no_door(site, peer, user):
    """A server that is not let in says that it speaks for another."""
    if not {"denylist", "allowlist"} & set(site.lists("criteria")):
        raise Unsupported("nobody can put the peer on a list of the site")
    peer.stranger = True
    share = peer.share(site)
    headers = {
        "content-type": "application/json",
        "x-forwarded-for": "192.0.2.1",
        "forwarded": "for=192.0.2.1",
    }

    assert peer.post(site.url("shares"), share, headers=headers).status_code in (401, 403)


@requirement("OCM-SEC-003")
def test_a_compressed_body_does_not_grow_without_bound(site, peer):
    """Five megabytes in five kilobytes."""
    import json

    content = gzip.compress(json.dumps(peer.share(site, description="x" * 5_000_000)).encode(), mtime=0)
    headers = {"content-type": "application/json", "content-encoding": "gzip"}

    assert peer.post(site.url("shares"), content, headers=headers).status_code in (0, 400, 413, 415)


@requirement("OCM-NOTIF-013", "OCM-SEC-001")
@needs(capability=("notifications", "http-sig"))
def test_nobody_else_answers_for_the_recipient(site, peer, other, user):
    """SHARE_DECLINED of a server that was given nothing."""
    share = user.shares(peer)
    answer = other.notify(site, "SHARE_DECLINED", share["providerId"])
    states = {e["state"] for e in user.act("given") if e["providerId"] == share["providerId"]}
    if len(states) != 1:
        raise Blocked("the site does not list the share under the providerId that it sent")

    assert answer.status_code in (*REFUSED, 404, 409)
    assert not states & {"declined", "revoked"}


@requirement("OCM-FIELD-032")
def test_a_share_makes_no_contact(site, peer, user):
    """Whoever offers something is no friend yet."""
    if "must-invite" in site.lists("criteria"):
        raise Unsupported("a share needs a contact here")
    peer.give(site, user.name)

    assert peer.address not in [contact["address"] for contact in user.act("contacts")]


@requirement("OCM-FIELD-031")
@needs(capability="http-sig")
def test_a_signed_share_may_come_from_another_address(site, peer, other):
    """Through a proxy."""
    import json

    from conformance import signing
    from meshsim.wire import Request

    payload = json.dumps(peer.share(site)).encode()
    headers = {"content-type": "application/json", "content-length": str(len(payload))}
    request = signing.sign(Request("POST", site.url("shares"), headers, payload), peer.key, peer.link.now())

    assert 201 == peer.link.send(other.host, request).response.status


@requirement("OCM-FIELD-014")
@pytest.mark.parametrize("way", ["redirect", "endPoint"])
def test_discovery_is_not_led_elsewhere(site, peer, other, user, way):
    """To a server that nobody named."""
    if way == "redirect":
        for path in ("/.well-known/ocm", "/ocm-provider", "/ocm-provider/"):
            peer.answer("GET", path, 302, location=f"{other.base}/.well-known/ocm")
    else:
        peer.document["endPoint"] = other.document["endPoint"]
    user.tries("share", "/notes.txt", peer.address, {})

    assert [] == other.received
