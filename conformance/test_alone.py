"""What a site answers to somebody without a server, account or signature: a URL is enough to judge it."""

import json

import pytest

from conformance import Unsupported, needs, requirement
from conformance.peer import FORM, JSON, Answer
from conformance.test_fuzz import REFUSED
from meshsim.wire import Request

CAPABILITY = {"notifications": "notifications", "invite-accepted": "invites", "token": "exchange-token"}
ENDPOINTS = ("shares", "notifications", "invite-accepted")
NOTHING = {
    "empty": b"",
    "text": b"hello",
    "array": b"[]",
    "object": b"{}",
    "half": b'{"name":',
    "octets": b"\xff\xfe",
}


def ask(site, endpoint, content=b"", method="POST", headers=JSON):
    """The answer of an endpoint that the site has; Unsupported for one that it does not offer."""
    wanted = CAPABILITY.get(endpoint)
    if wanted is not None and wanted not in site.lists("capabilities"):
        raise Unsupported(f"the site does not advertise the capability {wanted}")
    sent = {**headers, "content-length": str(len(content))}
    return Answer(site.link.send("client.example.net", Request(method, site.url(endpoint), sent, content)))


@requirement("OCM-SHARE-114", "OCM-NOTIF-020", "OCM-SEC-002")
@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("content", NOTHING.values(), ids=NOTHING)
def test_what_says_nothing_is_refused(site, endpoint, content):
    """Whoever sends it: neither taken nor an accident."""
    assert ask(site, endpoint, content).status_code in REFUSED


@requirement("OCM-SHARE-117", "OCM-SEC-002")
@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", ""])
def test_another_kind_of_content_is_refused(site, endpoint, kind):
    """A document that is none of the endpoint's, under another name."""
    assert ask(site, endpoint, b'{"x": 1}', headers={"content-type": kind}).status_code in REFUSED


@requirement("OCM-SEC-002")
@pytest.mark.parametrize("endpoint", [*ENDPOINTS, "token"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_another_method_does_nothing(site, endpoint, method):
    """4xx or 501, without a body to look at."""
    assert ask(site, endpoint, method=method).status_code in REFUSED


@requirement("OCM-SEC-003")
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_what_is_too_large_is_refused(site, endpoint):
    """3 MB of one member; to hang up is an answer, too."""
    content = json.dumps({"name": "x" * 3_000_000}).encode()

    assert ask(site, endpoint, content).status_code in {*REFUSED, 0}


@requirement("OCM-SHARE-116", "OCM-SEC-001")
def test_a_share_from_nowhere_is_refused(site):
    """Whole, for somebody made up, from a server that there is not."""
    document = {
        "shareWith": site.address("nobody-at-all"),
        "name": "plan.odt",
        "providerId": "p-1",
        "owner": "mia@nowhere.invalid",
        "sender": "mia@nowhere.invalid",
        "shareType": "user",
        "resourceType": "file",
        "protocol": {
            "name": "multi",
            "webdav": {"uri": "u-1", "sharedSecret": "none", "permissions": ["read"]},
        },
    }
    answer = ask(site, "shares", json.dumps(document).encode())

    assert answer.status_code in REFUSED


@requirement("OCM-ACC-031")
@pytest.mark.parametrize("authorization", [None, "Bearer made-up", "Basic bm9uZTo=", "Bearer", "Digest x"])
@pytest.mark.parametrize("method", ["PROPFIND", "GET", "PUT", "MKCOL", "DELETE"])
def test_webdav_opens_to_nobody(site, method, authorization):
    """At the prefix that discovery names, and below it."""
    headers = {} if authorization is None else {"authorization": authorization}
    if method == "PROPFIND":
        headers["depth"] = "1"

    for uri in ("", "made-up-0123456789"):
        assert site.get(site.dav(uri), method, **headers).status_code in REFUSED


@requirement("OCM-TOK-020", "OCM-TOK-021")
@needs(capability="exchange-token")
@pytest.mark.parametrize(
    "form", ["", "grant_type=x&client_id=nowhere.invalid&code=x", "grant_type=authorization_code&code=x"]
)
def test_a_token_is_not_given_to_nobody(site, form):
    """Refused, and nothing that opens anything is in the answer."""
    answer = ask(site, "token", form.encode(), headers=FORM)

    assert answer.status_code in REFUSED
    assert "access_token" not in answer.document
