"""OCM 1.1 of 2023 on the wire."""

import pytest

from meshsim import plugins
from meshsim.dialects import Document
from meshsim.ocm.document import convert
from meshsim.ocm.errors import Forbidden, UnknownToken
from meshsim.ocm.invite import Acceptance
from meshsim.ocm.notification import Notification

ocm_1_1 = plugins.load("dialects", "ocm_1_1")()

ACCEPTANCE: Document = {
    "recipientProvider": "beta.example.org:8443",
    "token": "t0ken",
    "userID": "bob",
    "email": "bob@example.org",
    "name": "Bob",
}


def test_it_says_of_itself_what_its_time_had_words_for():
    """Capabilities as paths; no criteria, keys, token endpoint or `-receive` entries."""
    newest: Document = {
        "enabled": True,
        "apiVersion": "1.5.0",
        "endPoint": "https://alpha.example.org/ocm",
        "provider": "Alpha",
        "resourceTypes": [
            {
                "name": "file",
                "shareTypes": ["user", "group"],
                "protocols": {"webdav": "/dav/ocm/", "webdav-receive": {"uri": "relative"}},
            }
        ],
        "capabilities": ["protocol-object", "invites", "notifications"],
        "criteria": ["must-invite"],
        "inviteAcceptDialog": "https://alpha.example.org/accept-invite",
    }

    assert {
        "enabled": True,
        "apiVersion": "1.1.0",
        "endPoint": "https://alpha.example.org/ocm",
        "provider": "Alpha",
        "resourceTypes": [
            {"name": "file", "shareTypes": ["user", "group"], "protocols": {"webdav": "/dav/ocm/"}}
        ],
        "capabilities": ["/notifications", "/invite-accepted"],
    } == ocm_1_1.speak("discovery", newest, None, "")


def test_a_provider_is_a_url_in_its_acceptances():
    """And the name of a host from 1.2 on; it hears both (OCM-LEG-015)."""
    spoken = ocm_1_1.speak("acceptance", ACCEPTANCE, None, "")

    assert "https://beta.example.org:8443" == spoken["recipientProvider"]
    assert ACCEPTANCE == ocm_1_1.hear("acceptance", spoken, "")
    assert ACCEPTANCE == ocm_1_1.hear("acceptance", ACCEPTANCE, "")
    assert "beta.example.org:8443" == convert(ACCEPTANCE, Acceptance).recipient_provider


def test_a_notification_comes_through_whole():
    """What it says is what it hears, once the secret has shown who says it."""
    note = {
        "notificationType": "REQUEST_RESHARE",
        "senderDomain": "alpha.example.org",
        "resourceType": "file",
        "notification": {
            "file": {"providerId": "sh-1", "shareWith": "carol@gamma.example.org", "permissions": ["read"]}
        },
    }
    spoken = ocm_1_1.speak("notification", note, {"apiVersion": "1.1.0"}, "s3cret")
    heard = convert(ocm_1_1.hear("notification", spoken, "alpha.example.org"), Notification)

    assert "carol@gamma.example.org" == spoken["notification"]["shareWith"]
    assert convert(note, Notification).notification == heard.notification
    assert "alpha.example.org" == heard.sender_domain


@pytest.mark.parametrize("name", ["ocm_1_1", "ocm_1_0"])
def test_who_only_claims_to_be_the_sender_is_not_believed(name):
    """There are no signatures in 1.1: without the secret of the share anybody could end it."""
    forged = {
        "notificationType": "SHARE_UNSHARED",
        "senderDomain": "alpha.example.org",
        "resourceType": "file",
        "providerId": "sh-1",
        "notification": {"file": {"providerId": "sh-1"}, "sharedSecret": "guess"},
    }
    with pytest.raises(Forbidden, match="sharedSecret"):
        plugins.load("dialects", name)().hear("notification", forged, "")


def test_a_proof_outweighs_a_claim():
    """Who knows the secret is the sender, whatever name it gives."""
    mixed = {"notificationType": "SHARE_UNSHARED", "senderDomain": "evil.example.org", "providerId": "sh-1"}

    assert "alpha.example.org" == ocm_1_1.hear("notification", mixed, "alpha.example.org")["senderDomain"]


def test_an_unknown_invite_is_not_found():
    """404 where later texts have 400 (OCM-LEG-015)."""
    assert 404 == ocm_1_1.refuses("invite-accepted", UnknownToken("?")).status
