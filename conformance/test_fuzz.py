"""Every member of every document that a site takes, left out and wrong in many ways; see `fuzz`."""

import json

import pytest

from conformance import Unsupported, needs, requirement
from conformance.fuzz import cases

REFUSED = {*range(400, 500), 501}


def examine(peer, url, found, renew=lambda document: document):
    """Send each case; what was wrong with the answers, the worst first."""
    broken = []
    for case in found:
        answer = peer.post(url, json.dumps(renew(case.document)).encode())
        if answer.status_code == 0 or (answer.status_code >= 500 and answer.status_code != 501):
            broken.insert(0, f"{case} is answered {answer.status_code}")
        elif case.must_fail and answer.status_code not in REFUSED:
            broken.append(f"{case} is answered {answer.status_code}")
    return broken


@requirement("OCM-SHARE-114", "OCM-SHARE-115", "OCM-SEC-002")
def test_no_share_breaks_the_site(site, peer, most):
    """Each is taken or refused, and afterwards a good one with the same providerId is taken."""
    good = peer.share(site)
    good |= {"description": "x", "expiration": int(peer.link.now()) + 86400}
    found = [
        case for case in cases("shares", good, most) if case.document.get("providerId") == good["providerId"]
    ]
    if site.version < (1, 1):
        found = [case for case in found if case.place != "sender"]  # it may be left out there
    refused = [case for case in found if case.must_fail]

    assert [] == examine(peer, site.url("shares"), refused)
    assert 201 == peer.post(site.url("shares"), good).status_code

    def renew(document):
        return {**document, "providerId": f"f-{peer.link.identifier()}"}

    assert [] == examine(peer, site.url("shares"), [case for case in found if not case.must_fail], renew)


@requirement("OCM-SHARE-115", "OCM-SEC-002")
def test_no_provider_id_breaks_the_site(site, peer, most):
    """Whatever it is."""
    good = peer.share(site)
    found = [case for case in cases("shares", good, most) if case.place == "providerId"]

    assert [] == examine(peer, site.url("shares"), found)


@requirement("OCM-NOTIF-020", "OCM-NOTIF-022", "OCM-SEC-002")
@needs(capability="notifications")
def test_no_notification_breaks_the_site(site, peer, user, most):
    """What must be refused is, and the share it was about is still there."""
    share = peer.give(site, user.name)
    good = {
        "notificationType": "SHARE_CHANGE_PERMISSION",
        "senderDomain": peer.host,
        "resourceType": "file",
        "notification": {
            "file": {"providerId": share["providerId"], "permissions": ["read"]},
            "message": "x",
        },
    }

    assert [] == examine(peer, site.url("notifications"), cases("notifications", good, most))
    assert user.has(share)


@requirement("OCM-INV-051", "OCM-INV-054", "OCM-SEC-002")
@needs(capability="invites")
def test_no_acceptance_breaks_the_site(site, peer, user, most):
    """What must be refused is, and the invite can be taken up after it."""
    token = user.invite()
    good = {
        "recipientProvider": peer.host,
        "token": token,
        "userID": peer.user,
        "email": "mia@example.net",
        "name": "Mia",
    }
    found = cases("invite-accepted", good, most)

    assert [] == examine(peer, site.url("invite-accepted"), [case for case in found if case.must_fail])
    assert 200 == peer.accept_invite(site, token).status_code
    assert [] == examine(peer, site.url("invite-accepted"), [case for case in found if not case.must_fail])


@requirement("OCM-TOK-020", "OCM-SEC-002")
@needs(capability="exchange-token")
@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"&", b"=", b"grant_type", b"grant_type=%", b"code=a&code=b&client_id=c&grant_type=d"),
        *(b"\xff\xfe", b"grant_type=authorization_code&client_id=%00&code=%ff", b"{}", b"a=b&" * 5000),
    ],
    ids=lambda content: content[:12].hex() or "empty",
)
def test_no_token_request_breaks_the_site(site, peer, content):
    """400, or another refusal."""
    answer = peer.post(
        site.url("token"), content, headers={"content-type": "application/x-www-form-urlencoded"}
    )

    assert answer.status_code in REFUSED


@requirement("OCM-SHARE-117", "OCM-SEC-003")
@pytest.mark.parametrize("endpoint", ["shares", "notifications", "invite-accepted"])
@pytest.mark.parametrize(
    "content",
    [
        b"[" * 20_000,
        b'{"a":' * 20_000,
        b'{"a":1,"a":2',
        b'{"a":NaN}',
        b"\xef\xbb\xbf{}",
        b'"' + b"\\u0000" * 9,
        b"1e999999",
    ],
    ids=["arrays", "objects", "twice", "nan", "bom", "nul", "huge"],
)
def test_no_json_breaks_the_site(site, peer, endpoint, content):
    """Deep, huge and half."""
    if endpoint == "invite-accepted" and "invites" not in site.lists("capabilities"):
        raise Unsupported("no invites")
    answer = peer.post(site.url(endpoint), content)

    assert answer.status_code in REFUSED
