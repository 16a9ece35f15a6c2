"""Every member of every document that a site takes, left out and wrong in many ways; see `fuzz`."""

import json
from urllib.parse import quote, urlencode

import pytest

from conformance import Unsupported, needs, requirement
from conformance.fuzz import TEXTS, cases, shrunk
from conformance.peer import FORM, WELL_KNOWN

REFUSED = {*range(400, 500), 501}


@pytest.fixture
def examine(peer, save):
    """Sends each case; what was wrong with the answers, the worst first. One is made small, and kept."""

    def wrong(case, url, renew, form):
        document = renew(case.document)
        content = urlencode(document, errors="surrogatepass") if form else json.dumps(document)
        answer = peer.post(url, content.encode(), **({"headers": FORM} if form else {}))
        if answer.status_code == 0 or (answer.status_code >= 500 and answer.status_code != 501):
            return 2, answer.status_code
        return int(case.must_fail and answer.status_code not in REFUSED), answer.status_code

    def run(endpoint, url, found, renew=lambda document: document, form=False):
        broken = []
        for case in found:
            grade, status = wrong(case, url, renew, form)
            if not grade:
                continue
            if not broken:
                case = shrunk(case, lambda other, g=grade: wrong(other, url, renew, form)[0] == g)
                save(endpoint, case.saved)
            broken.insert(0 if grade == 2 else len(broken), f"{case} is answered {status}")
        return broken

    return run


@requirement("OCM-SHARE-114", "OCM-SHARE-115", "OCM-SEC-002")
def test_no_share_breaks_the_site(site, peer, most, examine, message):
    """Each is taken or refused, and afterwards a good one with the same providerId is taken."""
    good = peer.share(site)
    good |= {"description": "x", "expiration": int(peer.link.now()) + 86400}
    found = [
        case
        for case in cases("shares", good, most, only=message)
        if case.document.get("providerId") == good["providerId"]
    ]
    if site.version < (1, 1):
        found = [case for case in found if case.place != "sender"]  # it may be left out there
    refused = [case for case in found if case.must_fail]

    assert [] == examine("shares", site.url("shares"), refused)
    assert 201 == peer.post(site.url("shares"), good).status_code

    def renew(document):
        return {**document, "providerId": f"f-{peer.link.identifier()}"}

    assert [] == examine("shares", site.url("shares"), [c for c in found if not c.must_fail], renew)


@requirement("OCM-SHARE-115", "OCM-SEC-002")
def test_no_provider_id_breaks_the_site(site, peer, most, examine, message):
    """Whatever it is."""
    good = peer.share(site)
    found = [case for case in cases("shares", good, most, only=message) if case.place == "providerId"]

    assert [] == examine("shares", site.url("shares"), found)


@requirement("OCM-NOTIF-020", "OCM-NOTIF-022", "OCM-SEC-002")
@needs(capability="notifications")
def test_no_notification_breaks_the_site(site, peer, user, most, examine, message):
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

    found = cases("notifications", good, most, only=message)

    assert [] == examine("notifications", site.url("notifications"), found)
    assert user.has(share)


@requirement("OCM-INV-051", "OCM-INV-054", "OCM-SEC-002")
@needs(capability="invites")
def test_no_acceptance_breaks_the_site(site, peer, user, most, examine, message):
    """What must be refused is, and the invite can be taken up after it."""
    token = user.invite()
    good = {
        "recipientProvider": peer.host,
        "token": token,
        "userID": peer.user,
        "email": "mia@example.net",
        "name": "Mia",
    }
    found = cases("invite-accepted", good, most, only=message)
    url = site.url("invite-accepted")

    assert [] == examine("invite-accepted", url, [case for case in found if case.must_fail])
    assert 200 == peer.accept_invite(site, token).status_code
    assert [] == examine("invite-accepted", url, [case for case in found if not case.must_fail])


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


@requirement("OCM-TOK-020", "OCM-TOK-024", "OCM-SEC-002")
@needs(capability="exchange-token")
def test_no_field_of_a_token_request_breaks_the_site(site, peer, user, most, examine, message):
    """Each left out and wrong; then the good one is answered with a token."""
    code = site.access(user.shares(peer))[1]
    good = {"grant_type": "authorization_code", "client_id": peer.host, "code": code}
    found = cases("token", good, most, only=message)

    assert [] == examine("token", site.url("token"), found, form=True)
    assert 200 == peer.exchange(site, code).status_code


@requirement("OCM-DISC-001", "OCM-SEC-002")
@pytest.mark.parametrize("what", ["discovery", "keys", "webdav", "directory"])
@pytest.mark.parametrize("way", ["query", "header", "path"])
def test_nothing_odd_in_a_request_breaks_the_site(site, most, what, way):
    """What is not asked for is ignored by discovery and keys, and nowhere an accident."""
    where = {"discovery": WELL_KNOWN, "keys": site.document.get("jwksUri"), "directory": "/directory"}
    where["webdav"] = site.dav("")
    if not isinstance(where[what], str):
        raise Unsupported(f"the site has no {what}")
    plain = site.get(where[what]).status_code
    for text in TEXTS[:most]:
        escaped = quote(text.encode(), safe="")
        headers = {
            "x-odd": escaped,
            "accept": escaped,
            "accept_language": escaped,
            "range": f"bytes={escaped}",
        }
        url = {"query": f"{where[what]}?x={escaped}", "path": f"{where[what].rstrip('/')}/{escaped}"}.get(way)
        answer = site.get(url or where[what], **(headers if way == "header" else {}))

        assert 0 < answer.status_code
        assert answer.status_code < 500 or answer.status_code == 501
        if what in ("discovery", "keys") and way == "query":
            assert plain == answer.status_code


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
