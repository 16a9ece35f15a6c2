"""Share Creation Notifications: every rule of section 7."""

import copy

import pytest

from meshsim.ocm import document
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.errors import OcmError
from meshsim.ocm.share import ShareAnswer, ShareCreation

DAV = {"uri": "sh-1", "sharedSecret": "s3cret", "permissions": ["read"]}
APP = {
    "uri": "https://alpha.example.org/app/1",
    "targets": ["blank"],
    "permissions": ["view"],
    "requirements": ["must-exchange-token"],
    "sharedSecret": "s3cret",
}
SSH = {"uri": "al@alpha.example.org:22/home/al"}
STRICT = {**DAV, "requirements": ["must-exchange-token"]}


def share(protocol=None, **changes):
    made = {
        "shareWith": "bo@beta.example.org",
        "name": "plan.odt",
        "providerId": "sh-1",
        "owner": "al@alpha.example.org",
        "sender": "al@alpha.example.org",
        "shareType": "user",
        "resourceType": "file",
        "protocol": {"name": "multi", "webdav": DAV} if protocol is None else protocol,
    }
    return {**copy.deepcopy(made), **changes}


def problems(made):
    try:
        document.convert(made, ShareCreation)
    except OcmError as error:
        return [problem.name for problem in error.problems]
    return []


GOOD = [
    {"name": "multi", "webdav": DAV},
    {"webdav": DAV},
    {"name": "webdav", "webdav": DAV},
    {"name": "webdav", "options": {"sharedSecret": "s3cret", "permissions": "x"}},
    {"name": "multi", "webdav": DAV, "options": {"sharedSecret": "s3cret"}},
    {"name": "multi", "webdav": STRICT, "webapp": APP},
    {"name": "webapp", "webapp": APP},
    {"name": "multi", "ssh": SSH},
    {"name": "ssh", "ssh": {"uri": "al@[::1]:2222/", "accessTypes": ["datatx"]}},
    {"name": "webapp", "webapp": {**APP, "mediaTypes": ["x/unknown"], "appIconHint": "text/plain"}},
    {"name": "embedded", "embedded": {"payload": {}}},  # not ours to judge: it is answered as unsupported
    {"webdav": {**DAV, "permissions": ["read", "read"], "size": 2**53 - 1}},
    {"name": "multi", "webdav": {**DAV, "accessTypes": ["remote", "datatx"], "size": 0}},
    {"name": "multi", "webdav": {**DAV, "permissions": ["read", "write", "share"]}},
    {"name": "multi", "webdav": {**STRICT, "requirements": ["must-exchange-token", "must-use-mfa"]}},
    {"name": "multi", "webdav": {"uri": "https://alpha.example.org/d/1", "sharedSecret": "s"}},
    {"name": "multi", "webdav": DAV, "talk": {"anything": 1}},
]


@pytest.mark.parametrize("protocol", GOOD, ids=str)
def test_every_allowed_form_is_taken(protocol):
    """One protocol, several, or the deprecated options (OCM-SHARE-051, 052)."""
    assert [] == problems(share(protocol))


BAD = [
    ({}, "protocol"),
    ({"name": "multi"}, "protocol"),
    ({"name": "multi", "talk": {}}, "protocol"),
    ({"name": "webdav"}, "protocol"),
    ({"name": "webdav", "options": {}}, "protocol"),
    ({"name": "webdav", "options": {"sharedSecret": 5}}, "protocol.options.sharedSecret"),
    ({"name": "webdav", "options": {"sharedSecret": ""}}, "protocol.options.sharedSecret"),
    ({"name": "webdav", "webdav": STRICT, "webapp": APP}, "protocol.name"),
    ({"name": "multi", "webdav": {"uri": "x"}}, "protocol.webdav.sharedSecret"),
    ({"name": "multi", "webdav": {"sharedSecret": "x"}}, "protocol.webdav.uri"),
    ({"name": "multi", "webdav": {**DAV, "uri": "../x"}}, "protocol.webdav.uri"),
    ({"name": "multi", "webdav": {**DAV, "uri": "//evil.example/x"}}, "protocol.webdav.uri"),
    ({"name": "multi", "webdav": {**DAV, "permissions": ["admin"]}}, "protocol.webdav.permissions"),
    ({"name": "multi", "webdav": {**DAV, "permissions": []}}, "protocol.webdav.permissions"),
    ({"name": "multi", "webdav": {**DAV, "requirements": []}}, "protocol.webdav.requirements"),
    ({"name": "multi", "webdav": {**DAV, "requirements": ["x-unknown"]}}, "protocol.webdav.requirements"),
    ({"name": "multi", "webdav": {**DAV, "size": -1}}, "protocol.webdav.size"),
    ({"name": "multi", "webdav": {**DAV, "size": True}}, "protocol.webdav.size"),
    ({"name": "multi", "webdav": DAV, "webapp": APP}, "protocol.webapp.requirements"),
    ({"name": "multi", "webapp": {**APP, "uri": "/app"}}, "protocol.webapp.uri"),
    ({"name": "multi", "webapp": {**APP, "targets": []}}, "protocol.webapp.targets"),
    ({"name": "multi", "webapp": {**APP, "targets": ["_top"]}}, "protocol.webapp.targets"),
    ({"name": "multi", "webapp": {**APP, "requirements": ["must-use-mfa"]}}, "protocol.webapp.requirements"),
    ({"name": "webapp", "webdav": DAV}, "protocol.webapp"),
    ({"name": "ssh", "webdav": DAV, "ssh": SSH}, "protocol.name"),
    ({"name": "", "webdav": DAV}, "protocol.name"),
    ({"options": {"sharedSecret": "s"}}, "protocol.webdav"),
    ({"name": "webdav", "options": None}, "protocol.webdav"),
    ({"name": "multi", "webdav": {**DAV, "sharedSecret": ""}}, "protocol.webdav.sharedSecret"),
    ({"name": "multi", "webdav": {**DAV, "sharedSecret": "a\nb"}}, "protocol.webdav.sharedSecret"),
    ({"name": "multi", "webdav": {**DAV, "uri": "a%2f..%2f..%2fb"}}, "protocol.webdav.uri"),
    ({"name": "multi", "webdav": {**DAV, "uri": "file:///etc/passwd"}}, "protocol.webdav.uri"),
    ({"name": "multi", "webdav": {**DAV, "uri": "a\x00"}}, "protocol.webdav.uri"),
    ({"name": "multi", "webdav": {**DAV, "permissions": "read"}}, "protocol.webdav.permissions"),
    ({"name": "multi", "webdav": {**DAV, "accessTypes": ["x"]}}, "protocol.webdav.accessTypes"),
    ({"name": "multi", "webdav": {**DAV, "size": 2**53}}, "protocol.webdav.size"),
    ({"name": "multi", "webapp": {**APP, "mediaTypes": []}}, "protocol.webapp.mediaTypes"),
    ({"name": "multi", "webapp": {**APP, "permissions": []}}, "protocol.webapp.permissions"),
    ({"name": "multi", "webapp": {**APP, "requirements": []}}, "protocol.webapp.requirements"),
    ({"name": "multi", "webapp": {**APP, "uri": "https:///x"}}, "protocol.webapp.uri"),
    *(
        ({"name": "multi", "webapp": {n: v for n, v in APP.items() if n != gone}}, f"protocol.webapp.{gone}")
        for gone in APP
    ),
    *(
        ({"name": "multi", "ssh": {"uri": uri}}, "protocol.ssh.uri")
        for uri in ("-oProxyCommand=x@h:22/", "a\x00@h:22/", "a@-h:22/", "a@h:0/", "a@h:22/\n", "a@h:22")
    ),
    ({"name": "multi", "ssh": {"uri": "alpha.example.org"}}, "protocol.ssh.uri"),
    ({"name": "multi", "ssh": {"uri": "al@alpha.example.org/x"}}, "protocol.ssh.uri"),
]


@pytest.mark.parametrize(("protocol", "named"), BAD, ids=str)
def test_every_forbidden_form_is_named(protocol, named):
    """OCM-SHARE-053, 075, 076, 082 to 089, 101, 125, 126"""
    assert any(name.startswith(named) for name in problems(share(protocol)))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"shareWith": "bo"}, "shareWith"),
        ({"owner": "al@https://x"}, "owner"),
        ({"sender": "al@x/y"}, "sender"),
        ({"providerId": ""}, "providerId"),
        ({"providerId": 7}, "providerId"),
        ({"name": "a\x00b"}, "name"),
        ({"expiration": "tomorrow"}, "expiration"),
        ({"expiration": True}, "expiration"),
        ({"expiration": 1.5}, "expiration"),
        ({"expiration": -1}, "expiration"),
        ({"expiration": 10**50}, "expiration"),
        ({"expiration": 1.0}, "expiration"),
        ({"description": "a\x00b"}, "description"),
        ({"senderDisplayName": "x" * 1025}, "senderDisplayName"),
        ({"protocol": []}, "protocol"),
        ({"encryption": []}, "encryption"),
        ({"encryption": {"resourceId": "r"}}, "encryption.scheme"),
        ({"encryption": {"resourceId": "r", "scheme": ["x"]}}, "encryption.scheme"),
        ({"encryption": {"resourceId": 1, "scheme": "x-new", "x-new": {}}}, "encryption.resourceId"),
        ({"encryption": {"resourceId": "r", "scheme": "x-new", "x-new": []}}, "encryption.x-new"),
        (
            {"encryption": {"resourceId": "r", "scheme": "ocm-pgp", "ocm-pgp": {"fingerprints": []}}},
            "encryption.ocm-pgp.fingerprints",
        ),
        ({"encryption": {}}, "encryption.resourceId"),
        ({"encryption": {"resourceId": "r", "scheme": "ocm-pgp"}}, "encryption.ocm-pgp"),
        (
            {"encryption": {"resourceId": "r", "scheme": "ocm-mls", "ocm-mls": {}}},
            "encryption.ocm-mls.cipher",
        ),
    ],
)
def test_bad_fields_are_named(changes, named):
    """OCM-SHARE-036, 040 to 045, 115"""
    assert named in problems(share(**changes))


def test_encryption_has_a_member_named_by_its_scheme():
    """OpenPGP in both of its spellings (wire.md section 8, 31)."""
    for scheme in ("ocm-pgp", "ocm-gpg"):
        made = {"resourceId": "r", "scheme": scheme, scheme: {"fingerprints": ["AB"]}}
        assert [] == problems(share(encryption=made))


def test_the_three_parties_are_addresses():
    """Who gives, who owns, who gets."""
    found = document.convert(share(), ShareCreation)

    assert OcmAddress("bo", "beta.example.org") == found.recipient_address
    assert found.owner_address == found.sender_address == OcmAddress("al", "alpha.example.org")


def test_an_answer_may_be_empty():
    """wire.md section 8, 8: its member is required by the draft and missing in the field."""
    assert ShareAnswer() == document.convert({}, ShareAnswer)
    assert "Bo" == document.convert({"recipientDisplayName": "Bo"}, ShareAnswer).recipient_display_name


def test_rules_of_the_whole_are_told_beside_bad_fields():
    """A bad name hides neither the encryption without scheme nor requirements that disagree."""
    protocol = {"name": 1, "webdav": {**DAV, "size": "big"}, "webapp": APP}

    assert {
        *("name", "shareWith", "encryption.scheme", "protocol.name"),
        *("protocol.webdav.size", "protocol.webapp.requirements"),
    } == set(problems(share(protocol, name=1, shareWith="bo", encryption={"resourceId": "r"})))


def test_a_bad_protocol_is_not_told_to_be_missing():
    """What is there and wrong is there."""
    assert ["protocol.ssh.uri"] == problems(share({"name": "multi", "ssh": {"uri": 5}}))
    assert ["protocol.webdav"] == problems(share({"name": "multi", "webdav": 5}))
