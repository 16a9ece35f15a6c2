"""Discovery documents, and where they say that shared things are."""

import json

import pytest

from meshsim.ocm import document
from meshsim.ocm.discovery import Discovery, Receive, resource_url
from meshsim.ocm.errors import OcmError

TYPE = {
    "name": "file",
    "shareTypes": ["user", "group"],
    "protocols": {"webdav": "/dav/ocm/", "webdav-receive": {"uri": "relative"}, "talk": {"x": 1}},
}
ALPHA = {
    "enabled": True,
    "apiVersion": "1.5.0",
    "endPoint": "https://alpha.example.org/ocm",
    "provider": "Alpha",
    "resourceTypes": [TYPE, {**TYPE, "name": "folder", "shareTypes": ["user"]}],
    "capabilities": ["http-sig", "exchange-token", "protocol-object", "invites", "x-new"],
    "criteria": ["must-use-http-sig", "must-exchange-token"],
    "inviteAcceptDialog": "/accept-invite",
    "jwksUri": "https://alpha.example.org/ocm/jwks",
    "tokenEndPoint": "https://alpha.example.org/ocm/token",
}


def parse(**changes):
    made = {name: value for name, value in {**ALPHA, **changes}.items() if value is not ...}
    return document.parse(json.dumps(made).encode(), Discovery)


def test_the_example_of_the_draft_reads():
    """Unknown capabilities and protocols are kept and harm nobody (OCM-DISC-061)."""
    found = parse()

    assert found.can("invites")
    assert found.demands("must-exchange-token")
    assert ("/dav/ocm/", Receive("relative")) == (
        found.webdav_prefix("folder"),
        found.receives("file", "webdav"),
    )
    assert found.receives("file", "webapp") is None
    assert found.resource("calendar") is None


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"enabled": ...}, "enabled"),
        ({"enabled": "true"}, "enabled"),
        ({"apiVersion": 1.5}, "apiVersion"),
        ({"endPoint": "/ocm"}, "endPoint"),
        ({"endPoint": "https://u@alpha.example.org/ocm"}, "endPoint"),
        ({"resourceTypes": []}, "resourceTypes"),
        ({"resourceTypes": {}}, "resourceTypes"),
        ({"resourceTypes": [TYPE, TYPE]}, "resourceTypes"),
        ({"resourceTypes": [{**TYPE, "shareTypes": ["group"]}]}, "resourceTypes[0].shareTypes"),
        ({"resourceTypes": [{**TYPE, "name": 1}]}, "resourceTypes[0].name"),
        ({"resourceTypes": [{**TYPE, "protocols": {"webdav": {}}}]}, "resourceTypes[0].protocols.webdav"),
        (
            {"resourceTypes": [{**TYPE, "protocols": {"webdav": "/d", "webdav-receive": {"uri": "x"}}}]},
            "resourceTypes[0].protocols.webdav-receive.uri",
        ),
        (
            {"resourceTypes": [{**TYPE, "protocols": {"webdav": "/d", "webapp-receive": {"targets": []}}}]},
            "resourceTypes[0].protocols.webapp-receive.targets",
        ),
        ({"jwksUri": ...}, "jwksUri"),
        ({"jwksUri": "file:///etc/passwd"}, "jwksUri"),
        ({"tokenEndPoint": ...}, "tokenEndPoint"),
        ({"capabilities": ["http-sig"]}, "criteria"),
        ({"capabilities": "invites"}, "capabilities"),
    ],
)
def test_what_is_wrong_is_named(changes, named):
    """OCM-DISC-063: such a document is a failed discovery."""
    with pytest.raises(OcmError) as refusal:
        parse(**changes)

    assert any(problem.name.startswith(named) for problem in refusal.value.problems)


def test_a_server_that_is_switched_off_is_still_read():
    """Its document says so, and need offer nothing (OCM-DISC-062)."""
    assert not parse(enabled=False, resourceTypes=[]).enabled


def test_what_may_be_sent_follows_from_the_receive_entries():
    """file/user/webdav always (OCM-SHARE-012); older servers have no such entries (OCM-DISC-026)."""
    found = parse()
    old = parse(resourceTypes=[{**TYPE, "protocols": {"webdav": "/d/"}}], criteria=[])
    sender = {"webdav": "/d/", "webapp-receive": {"targets": ["blank"]}}
    app = parse(resourceTypes=[{**TYPE, "name": "folder", "protocols": sender}])

    assert found.accepts("file", "group", "webdav")
    assert not found.accepts("folder", "group", "webdav")
    assert not found.accepts("file", "user", "ssh")
    assert old.accepts("file", "group", "webdav")
    assert not app.accepts("folder", "user", "webdav")
    assert app.accepts("file", "user", "webdav")


BASE = "https://alpha.example.org"


@pytest.mark.parametrize(
    ("prefix", "uri", "url"),
    [
        ("/dav/ocm/", "sh-1", f"{BASE}/dav/ocm/sh-1"),
        ("/dav/ocm", "sh-1", f"{BASE}/dav/ocm/sh-1"),
        ("dav", "/sh-1", f"{BASE}/dav/sh-1"),
        ("/dav/", "a b/c", f"{BASE}/dav/a%20b/c"),
        ("/dav/", "https://other.example/x", "https://other.example/x"),
    ],
)
def test_a_resource_is_where_prefix_and_identifier_say(prefix, uri, url):
    """wire.md section 5, 2: joined without losing or doubling a slash, unless it is absolute."""
    assert url == resource_url(BASE, prefix, uri)


@pytest.mark.parametrize(
    "uri", ["..", "../x", "a/../../x", "%2e%2e/x", "a//b", "", "/", "a\\b", "javascript://x", "https://u@x/"]
)
def test_an_identifier_leads_nowhere_else(uri):
    """A sender cannot make us ask for something outside its WebDAV path by a relative name."""
    with pytest.raises(OcmError):
        resource_url(BASE, "/dav/", uri)
