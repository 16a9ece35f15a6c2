"""Discovery documents, and where they say that shared things are."""

import json
import posixpath
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        ({"resourceTypes": [{**TYPE, "protocols": {"talk": {}}}]}, "resourceTypes[0].protocols.webdav"),
        *(
            (
                {"resourceTypes": [{**TYPE, "protocols": {"webdav": path}}]},
                "resourceTypes[0].protocols.webdav",
            )
            for path in (
                "",
                "//evil.example/",
                "/d/../x",
                "/d?x",
                "/d#x",
                "/d d",
                "https://evil.example/d",
                5,
            )
        ),
        *(
            (
                {"resourceTypes": [{**TYPE, "protocols": {**TYPE["protocols"], name: value}}]},
                f"resourceTypes[0].protocols.{name}",
            )
            for name, value in (
                ("webdav-receive", "relative"),
                ("webdav-receive", {}),
                ("webapp", ["x"]),
                ("webapp-receive", {}),
                ("webapp-receive", {"targets": ["blank", ["iframe"]]}),
                ("ssh", "alpha.example.org"),
                ("ssh", {}),
                ("ssh", "alpha.example.org:0"),
                ("ssh-receive", []),
            )
        ),
        ({"endPoint": "https://alpha.example.org/ocm?x=1"}, "endPoint"),
        *(
            ({"inviteAcceptDialog": page}, "inviteAcceptDialog")
            for page in ("", "javascript:alert(1)", "//evil.example/", "/\\evil.example", "/a b", "accept", 7)
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


def test_entries_of_unknown_protocols_are_ignored():
    """Whatever they hold (OCM-DISC-061)."""
    odd = {"talk-receive": 5, "embedded-receive": {"uri": 5, "targets": "x"}, "x": None}
    found = parse(resourceTypes=[{**TYPE, "protocols": {**TYPE["protocols"], **odd}}])

    assert Receive() == found.receives("file", "embedded")
    assert found.receives("file", "talk") is None
    assert odd.items() <= found.resource("file").protocols.items()


def test_what_is_said_besides_in_a_known_entry_is_ignored():
    """The prefix has its value, and `targets` means nothing to WebDAV."""
    receive = {"uri": "absolute", "targets": 5}
    offer = {"webdav": "/", "webdav-receive": receive, "webapp": {}, "ssh": "[::1]:22", "ssh-receive": {}}
    found = parse(resourceTypes=[{**TYPE, "protocols": offer}])

    assert Receive("absolute") == found.receives("file", "webdav")
    assert found.accepts("file", "user", "ssh")


def test_the_prefix_is_that_of_the_first_entry_or_else_of_the_type():
    """OCM-ACC-002; wire.md section 8, 1"""
    folder = {**TYPE, "name": "folder", "protocols": {"webdav": "/folders/"}}
    receiver = {**TYPE, "protocols": {"webdav-receive": {"uri": "relative"}}}

    assert "/dav/ocm/" == parse(resourceTypes=[TYPE, folder]).webdav_prefix("folder")
    assert "/dav/ocm/" == parse(resourceTypes=[TYPE, folder]).webdav_prefix("calendar")
    assert "/folders/" == parse(resourceTypes=[receiver, folder]).webdav_prefix("file")
    assert parse(resourceTypes=[receiver]).webdav_prefix("file") is None


def test_urls_without_tls_are_told():
    """For whoever is not in a test (OCM-DISC-057, 059)."""
    mixed = parse(jwksUri="http://keys.example/1", tokenEndPoint="http://alpha.example.org/token")

    assert () == parse().plaintext
    assert ("jwksUri", "tokenEndPoint") == mixed.plaintext


def test_what_goes_together_is_told_beside_what_is_of_a_wrong_type():
    """One bad member hides no other."""
    with pytest.raises(OcmError) as refusal:
        parse(enabled="yes", provider=1, jwksUri=..., resourceTypes=[{**TYPE, "name": 1, "shareTypes": []}])

    assert {"enabled", "provider", "jwksUri", "resourceTypes[0].name", "resourceTypes[0].shareTypes"} == {
        problem.name for problem in refusal.value.problems
    }


BASE = "https://alpha.example.org"


@pytest.mark.parametrize(
    ("prefix", "uri", "url"),
    [
        ("/dav/ocm/", "sh-1", f"{BASE}/dav/ocm/sh-1"),
        ("/dav/ocm", "sh-1", f"{BASE}/dav/ocm/sh-1"),
        ("dav", "/sh-1", f"{BASE}/dav/sh-1"),
        ("/dav/", "a b/c", f"{BASE}/dav/a%20b/c"),
        ("/dav/", "a%20b/%e9", f"{BASE}/dav/a%20b/%e9"),
        ("/dav/", "100%/ü?x#y", f"{BASE}/dav/100%25/%C3%BC%3Fx%23y"),
        ("/dav/", "a%2fb", f"{BASE}/dav/a%2fb"),
        ("/dav/", "sh-1/", f"{BASE}/dav/sh-1"),
        ("/", "sh-1", f"{BASE}/sh-1"),
        ("", "sh-1", f"{BASE}/sh-1"),
        ("/dav/", "https://other.example/x", "https://other.example/x"),
    ],
)
def test_a_resource_is_where_prefix_and_identifier_say(prefix, uri, url):
    """wire.md section 5, 2: joined without losing or doubling a slash, unless it is absolute."""
    assert url == resource_url(BASE, prefix, uri)


@pytest.mark.parametrize(
    "uri",
    [
        *("..", "../x", "a/../../x", "%2e%2e/x", "a//b", "", "/", "a\\b", "javascript://x", "https://u@x/"),
        *(
            "..%2f..%2fadmin",
            "a%2F..%2F..%2Fb",
            "%2e%2E",
            "a%5c..%5cb",
            "//evil.example/x",
            "a%00b",
            "a\x00b",
        ),
        *(".", "a/./b", "a/%2e/b", "https://evil.example\\@alpha.example.org/", "x://alpha.example.org"),
    ],
)
def test_an_identifier_leads_nowhere_else(uri):
    """A sender cannot make us ask for something outside its WebDAV path by a relative name."""
    with pytest.raises(OcmError):
        resource_url(BASE, "/dav/", uri)


@given(st.text(max_size=30) | st.text("./%2eEfF\\:@?#; a", max_size=12))
def test_any_identifier_stays_below_the_prefix_or_is_refused(uri):
    """Whoever decodes and normalises the path of the URL finds it inside."""
    try:
        url = resource_url(BASE, "/dav/", uri)
    except OcmError:
        return

    assert "://" in uri or url.startswith(f"{BASE}/dav/")
    if "://" not in uri:
        path = unquote(urlsplit(url).path)
        assert not urlsplit(url).query
        assert posixpath.normpath(path) == path.rstrip("/")
        assert posixpath.normpath(path).startswith("/dav/")
