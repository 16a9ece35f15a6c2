"""The newest draft among its own, and what it says to older servers."""

import copy

import pytest

from meshsim import plugins
from meshsim.dialects import KINDS, Document
from meshsim.ocm.errors import LocalError

standard = plugins.load("dialects", "standard")()

SHARE: Document = {
    "shareWith": "bob@beta.example.org",
    "name": "plan.odt",
    "providerId": "sh-1",
    "owner": "alice@alpha.example.org",
    "sender": "alice@alpha.example.org",
    "shareType": "user",
    "resourceType": "folder",
    "expiration": 1900000000,
    "protocol": {
        "name": "multi",
        "webdav": {"uri": "sh-1", "sharedSecret": "s3cret", "permissions": ["read", "write"]},
    },
}
CHANGED: Document = {
    "notificationType": "SHARE_CHANGE_PERMISSION",
    "senderDomain": "alpha.example.org",
    "resourceType": "folder",
    "notification": {"file": {"providerId": "sh-1", "permissions": ["read"]}},
}


def peer(version, *capabilities):
    return {"apiVersion": version, "capabilities": list(capabilities)}


@pytest.mark.parametrize("kind", KINDS)
def test_among_its_own_nothing_is_changed(kind):
    """The inner form is that of the newest draft."""
    assert SHARE is standard.speak(kind, SHARE, peer("1.5.0", "protocol-object"), "s3cret")
    assert SHARE is standard.speak(kind, SHARE, None, "")


def test_a_server_of_1_0_is_told_the_secret_in_options():
    """The deprecated form, all it reads (OCM-LEG-016)."""
    spoken = standard.speak("share", SHARE, peer("1.0-proposal1"), "s3cret")

    assert {
        "name": "webdav",
        "options": {"sharedSecret": "s3cret", "permissions": "read write"},
    } == spoken["protocol"]
    assert SHARE == spoken | {"protocol": SHARE["protocol"]}


def test_a_server_of_1_1_gets_both_forms():
    """It knows multi, and expects options all the same (wire.md section 4)."""
    protocol = standard.speak("share", SHARE, peer("1.1.0", "/invite-accepted"), "s3cret")["protocol"]

    assert "multi" == protocol["name"]
    assert SHARE["protocol"]["webdav"] == protocol["webdav"]
    assert "s3cret" == protocol["options"]["sharedSecret"]


@pytest.mark.parametrize("version", ["1.0-proposal1", "1.1.0", "1.2.0", "1.4.0"])
def test_a_server_with_protocol_objects_gets_only_those(version):
    """Whatever number it goes by."""
    assert SHARE is standard.speak("share", SHARE, peer(version, "protocol-object"), "s3cret")


@pytest.mark.parametrize("version", ["1.0-proposal1", "1.1.0"])
def test_an_exchange_is_not_asked_of_a_server_that_knows_none(version):
    """The refusal names the requirement."""
    share = copy.deepcopy(SHARE)
    share["protocol"]["webdav"]["requirements"] = ["must-exchange-token"]
    with pytest.raises(LocalError, match="must-exchange-token"):
        standard.speak("share", share, peer(version), "s3cret")


@pytest.mark.parametrize("version", ["1.2.0", "1.3.0", "1.4.0"])
def test_until_1_4_a_notification_names_its_share_on_top(version):
    """And is otherwise that of 1.5 (OCM-LEG-017)."""
    spoken = standard.speak("notification", CHANGED, peer(version), "s3cret")

    assert {**CHANGED, "providerId": "sh-1"} == spoken


def test_before_1_2_a_notification_is_proven_by_the_secret():
    """Old name, old places, and no claim of who says it."""
    spoken = standard.speak("notification", CHANGED, peer("1.1.0"), "s3cret")

    assert "RESHARE_CHANGE_PERMISSION" == spoken["notificationType"]
    assert "sh-1" == spoken["providerId"]
    assert "folder" == spoken["resourceType"]
    assert "s3cret" == spoken["notification"]["sharedSecret"]
    assert "senderDomain" not in spoken


def test_the_secret_is_told_to_nobody_who_needs_it_not():
    """From 1.2 on it is in the share alone."""
    for version in ("1.2.0", "1.4.0", "1.5.0"):
        assert "s3cret" not in str(standard.speak("notification", CHANGED, peer(version), "s3cret"))


def test_an_old_notification_is_from_whom_the_secret_proves():
    """1.5 wants senderDomain and details; both follow from the share."""
    old = {
        "notificationType": "SHARE_UNSHARED",
        "resourceType": "file",
        "providerId": "sh-1",
        "notification": {"sharedSecret": "s3cret", "message": "gone"},
    }
    heard = standard.hear("notification", old, "old.example.org")

    assert "old.example.org" == heard["senderDomain"]
    assert {"providerId": "sh-1"} == heard["notification"]["file"]
    assert "gone" == heard["notification"]["message"]


def test_a_stated_sender_is_kept():
    """A proof of one server does not make another's words its own."""
    both = {**CHANGED, "providerId": "sh-1"}

    assert "alpha.example.org" == standard.hear("notification", both, "old.example.org")["senderDomain"]


def test_a_provider_is_a_url_only_from_servers_of_a_time_when_it_was_one():
    """1.1 had it so; from everybody else it is bad input (OCM-INV-024)."""
    acceptance: Document = {"recipientProvider": "https://old.example.org", "token": "t"}
    assert "old.example.org" == standard.needs("acceptance", acceptance)
    heard = standard.hear("acceptance", acceptance, "", peer("1.1.0"))

    assert "old.example.org" == heard["recipientProvider"]
    assert acceptance == standard.hear("acceptance", acceptance, "", peer("1.5.0"))
    assert acceptance == standard.hear("acceptance", acceptance)
    for odd in (7, "old.example.org", "https://", "https://a/b", "ftp://a", "https://a@b", "https://a:b"):
        assert "" == standard.needs("acceptance", {"recipientProvider": odd}), odd


def test_until_1_4_a_removal_names_its_user_on_top():
    """Bare, as in the invite, and as a resource type (wire.md section 4)."""
    removal: Document = {
        "notificationType": "USER_REMOVED",
        "senderDomain": "alpha.example.org",
        "shareType": "user",
        "notification": {"user": {"userId": "a@b@alpha.example.org"}, "message": "bye"},
    }
    old = standard.speak("notification", removal, peer("1.4.0"), "")

    assert ("user", "a@b") == (old["resourceType"], old["providerId"])
    assert removal == standard.hear("notification", old)
    bare = {name: value for name, value in old.items() if name != "notification"}
    assert {**removal, "notification": {"user": {"userId": "a@b@alpha.example.org"}}} == standard.hear(
        "notification", bare
    )
    for odd in ({"providerId": 7}, {"senderDomain": None}):
        assert "shareType" not in standard.hear("notification", {**bare, **odd})


def test_keys_are_where_older_servers_look_for_them():
    """Until 1.4 at a fixed place (OCM-LEG-022); and their own may leave out `alg`."""
    assert ("/.well-known/jwks.json",) == standard.keys_served
    assert standard.signing.infers_alg(peer("1.4.0"))
    assert not standard.signing.infers_alg(peer("1.5.0"))


def test_the_old_paths_can_be_switched_off():
    """The draft has but one since 1.4; it is the first to be asked in any case."""
    strict = plugins.load("dialects", "standard")(legacy_discovery=False)

    assert ("/.well-known/ocm",) == strict.discovery_served
    assert () == strict.keys_served
    assert ("/.well-known/ocm", "/ocm-provider", "/ocm-provider/") == standard.discovery_served
    assert standard.discovery_served == strict.discovery_tried
