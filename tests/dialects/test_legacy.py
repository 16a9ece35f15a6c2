"""What older servers say of themselves, in the words of the newest draft; and what they cannot be told."""

import pytest

from meshsim.dialects import _legacy
from meshsim.ocm.discovery import Discovery
from meshsim.ocm.document import convert
from meshsim.ocm.errors import LocalError, OcmError

OWNCLOUD = {
    "enabled": True,
    "apiVersion": "1.0-proposal1",
    "endPoint": "https://old.example.org/index.php/apps/federatedfilesharing",
    "shareTypes": [{"name": "file", "protocols": {"webdav": "/public.php/webdav/"}}],
}


def described(**changes):
    """A discovery document of 1.2."""
    document = {
        "enabled": True,
        "apiVersion": "1.2.0",
        "endPoint": "https://old.example.org/ocm",
        "resourceTypes": [{"name": "file", "shareTypes": ["user"], "protocols": {"webdav": "/dav/"}}],
    }
    return document | changes


def understood(document) -> Discovery:
    return convert(_legacy.hear_discovery(document), Discovery)


def test_the_list_of_owncloud_is_one_of_resource_types():
    """ownCloud 10 calls it shareTypes, and says nothing of users and groups (OCM-LEG-003)."""
    found = understood(OWNCLOUD)

    assert ["file"] == [resource.name for resource in found.resource_types]
    assert ("user",) == found.resource_types[0].share_types
    assert "/public.php/webdav/" == found.webdav_prefix("file")


def test_a_url_of_webdav_is_taken_as_a_path_of_the_same_server():
    """In 1.1 it was a URL by the letter (wire.md, section 1.1)."""
    own = [{"name": "file", "shareTypes": ["user"], "protocols": {"webdav": "https://old.example.org/dav"}}]

    assert "/dav" == understood(described(resourceTypes=own)).webdav_prefix("file")


@pytest.mark.parametrize(
    "prefix",
    ["https://else.example.org/dav", "http://old.example.org/dav", "https://old.example.org.evil/dav"],
)
def test_a_url_of_webdav_elsewhere_is_refused(prefix):
    """A document cannot send our secrets to another host."""
    types = [{"name": "file", "shareTypes": ["user"], "protocols": {"webdav": prefix}}]
    with pytest.raises(OcmError, match=r"protocols\.webdav"):
        understood(described(resourceTypes=types))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("/notifications", "notifications"),
        ("/invite-accepted", "invites"),
        ("/mfa-capable", "enforce-mfa"),
        ("receive-code", "exchange-token"),
        ("invites", "invites"),
        ("/something-else", "/something-else"),
    ],
)
def test_capabilities_have_their_newest_names(said, meant):
    """Table 2.1 of wire.md; an unknown one stays as it is."""
    assert (meant,) == understood(described(capabilities=[said])).capabilities


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("http-request-signatures", "must-use-http-sig"),
        ("code", "must-exchange-token"),
        ("token-exchange", "must-exchange-token"),
        ("invite", "must-invite"),
        ("denylist", "denylist"),
    ],
)
def test_criteria_have_their_newest_names(said, meant):
    """Table 2.1 of wire.md."""
    assert (meant,) == understood(described(capabilities=["receive-code"], criteria=[said])).criteria


def test_what_older_servers_left_to_convention_is_filled_in():
    """The token endpoint of 1.2 and the keys of 1.3 had fixed places (wire.md section 4, OCM-LEG-022)."""
    found = understood(described(capabilities=["receive-code", "http-sig"]))

    assert "https://old.example.org/ocm/token" == found.token_end_point
    assert "https://old.example.org/.well-known/jwks.json" == found.jwks_uri


def test_what_is_stated_is_not_filled_in():
    """A document's own words count."""
    places = {"tokenEndPoint": "https://old.example.org/t", "jwksUri": "https://keys.example.org/k"}
    found = understood(described(capabilities=["exchange-token", "http-sig"], **places))

    assert tuple(places.values()) == (found.token_end_point, found.jwks_uri)


@pytest.mark.parametrize(("version", "takes"), [("1.0-proposal1", True), ("1.1.0", True), ("1.2.0", False)])
def test_servers_before_1_2_take_notifications_without_saying_so(version, takes):
    """They were simply part of the API, until a capability stood for them."""
    assert takes == understood(described(apiVersion=version)).can("notifications")


@pytest.mark.parametrize("member", ["capabilities", "criteria", "resourceTypes"])
@pytest.mark.parametrize("value", [None, 7, "invites", {"0": "invites"}])
def test_a_list_that_is_none_is_refused_by_its_name(member, value):
    """Hearing repairs old words, not wrong types."""
    with pytest.raises(OcmError, match=member):
        understood(described(**{member: value}))


@pytest.mark.parametrize(
    ("text", "version"),
    [
        *(("1.5.0", (1, 5)), ("1.0-proposal1", (1, 0)), ("v1.1", (1, 1)), ("1.10", (1, 10)), ("2.0", (2, 0))),
        *(("", (1, 0)), ("new", (1, 0)), ("1", (1, 0)), ("1.x", (1, 0)), (None, (1, 0)), (1.5, (1, 5))),
        ("1." + "9" * 5000, (1, 0)),
    ],
)
def test_a_version_is_read_or_taken_for_the_oldest(text, version):
    """Numbers, not text, are compared; nonsense is no reason to fail."""
    assert version == _legacy.version({"apiVersion": text})


def test_who_understands_protocol_objects_is_no_old_server():
    """A frozen apiVersion says less than a capability (wire.md section 1)."""
    assert (1, 2) == _legacy.version({"apiVersion": "1.0-proposal1", "capabilities": ["protocol-object"]})
    assert (1, 5) == _legacy.version({"apiVersion": "1.5.0", "capabilities": ["protocol-object"]})


WEBDAV = {"uri": "sh-1", "sharedSecret": "s3cret", "permissions": ["read"]}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"protocol": {"name": "multi", "webapp": {}}}, "webdav shares only"),
        ({"protocol": {"name": "ssh", "ssh": {"uri": "a@b:22/c"}}}, "webdav shares only"),
        (
            {"protocol": {"name": "multi", "webdav": {**WEBDAV, "requirements": ["must-exchange-token"]}}},
            "must-exchange-token",
        ),
        (
            {"protocol": {"name": "multi", "webdav": {**WEBDAV, "requirements": ["must-use-mfa"]}}},
            "must-use-mfa",
        ),
        ({"protocol": {"name": "multi", "webdav": {**WEBDAV, "accessTypes": ["datatx"]}}}, "remote access"),
        ({"encryption": {"resourceId": "r", "scheme": "ocm-pgp", "ocm-pgp": {}}}, "decrypt"),
    ],
)
@pytest.mark.parametrize("multi", [False, True])
def test_what_an_old_server_cannot_do_is_not_sent_to_it(changes, reason, multi):
    """The refusal says what it is."""
    share = {"providerId": "sh-1", "protocol": {"name": "multi", "webdav": WEBDAV}}
    with pytest.raises(LocalError, match=reason):
        _legacy.speak_share(share | changes, multi=multi)
