"""OCM 1.0 of 2020 on the wire."""

import pytest

from meshsim import plugins
from meshsim.dialects import Document
from meshsim.entropy import Entropy
from meshsim.ocm.document import convert
from meshsim.ocm.errors import OcmError
from meshsim.ocm.keys import PrivateKey
from meshsim.ocm.share import ShareCreation

build = plugins.load("dialects", "ocm_1_0")
ocm_1_0 = build()

OPTIONS = {"sharedSecret": "s3cret", "permissions": "read"}


def share(protocol, **changes) -> Document:
    document: Document = {
        "shareWith": "bob@beta.example.org",
        "name": "plan.odt",
        "providerId": "sh-1",
        "owner": "alice@alpha.example.org",
        "sender": "alice@alpha.example.org",
        "shareType": "user",
        "resourceType": "file",
        "protocol": protocol,
    }
    return document | changes


MULTI = {"name": "multi", "webdav": {"uri": "sh-1", "sharedSecret": "s3cret", "permissions": ["read"]}}
LEGACY = {"name": "webdav", "options": OPTIONS}


@pytest.mark.parametrize("version", ["1.0-proposal1", "1.1.0", "1.5.0"])
def test_it_speaks_its_one_form_to_everybody(version):
    """It knows nothing of what its peers could do better, nor of an end."""
    peer = {"apiVersion": version, "capabilities": ["protocol-object"]}

    assert share(LEGACY) == ocm_1_0.speak("share", share(MULTI, expiration=1900000000), peer, "s3cret")


@pytest.mark.parametrize("protocol", [LEGACY, {**MULTI, "options": OPTIONS}])
def test_it_reads_options_whatever_is_beside_them(protocol):
    """So who sends both forms reaches it, too."""
    heard = ocm_1_0.hear("share", share(protocol, expiration=1900000000), "")

    assert share(LEGACY) == heard
    assert convert(heard, ShareCreation).protocol.options == OPTIONS


@pytest.mark.parametrize("protocol", [MULTI, {"name": "webdav"}, {"options": {"sharedSecret": 7}}, [], None])
def test_a_share_without_options_is_refused_by_name(protocol):
    """The reason says what it is that 1.0 needs."""
    with pytest.raises(OcmError, match=r"OCM 1\.0 .* options\.sharedSecret") as refused:
        ocm_1_0.hear("share", share(protocol), "")

    assert ["protocol.options.sharedSecret"] == [problem.name for problem in refused.value.problems]


def test_the_sender_is_the_owner_unless_said_otherwise():
    """The member `sender` was optional (wire.md section 4)."""
    document = share(LEGACY)
    del document["sender"]

    assert "alice@alpha.example.org" == ocm_1_0.hear("share", document, "")["sender"]
    resharer = share(LEGACY, sender="carol@alpha.example.org")

    assert "carol@alpha.example.org" == ocm_1_0.hear("share", resharer, "")["sender"]


def test_it_is_found_at_the_old_path_only():
    """With its slash, as ownCloud 10 has it."""
    assert ("/ocm-provider/",) == ocm_1_0.discovery_served == ocm_1_0.discovery_tried


def test_its_discovery_document_is_short():
    """Four members, and the key if it signs."""
    key = {"keyId": "k", "publicKeyPem": "p"}
    types = [{"name": "file", "shareTypes": ["user"], "protocols": {"webdav": "/dav/", "ssh": "a:22"}}]
    newest = {
        "enabled": True,
        "apiVersion": "1.5.0",
        "endPoint": "https://alpha.example.org/ocm",
        "provider": "Alpha",
        "resourceTypes": types,
        "capabilities": ["notifications"],
    }
    spoken = ocm_1_0.speak("discovery", newest, None, "")

    assert {"enabled", "apiVersion", "endPoint", "resourceTypes"} == spoken.keys()
    assert "1.0-proposal1" == spoken["apiVersion"]
    assert {"webdav": "/dav/"} == spoken["resourceTypes"][0]["protocols"]
    assert key == ocm_1_0.speak("discovery", {**newest, "publicKey": key}, None, "")["publicKey"]


def test_it_signs_only_if_told_to():
    """And then in the way of its time, with the key in the discovery document."""
    assert ocm_1_0.signing is None

    signing = build(signed=True).signing
    seed = Entropy(0, "alpha.example.org").key("signing")
    key = PrivateKey.from_seed("alpha.example.org#1", seed, signing.algorithm).public
    published = signing.publish(key)

    assert signing.peer_checks(published)
    assert key.kid == signing.find_key(published).kid


def test_it_knows_secrets_only():
    """No invites, no exchange, Basic authentication."""
    assert not ocm_1_0.invites
    assert not ocm_1_0.exchanges
    assert ("basic",) == ocm_1_0.dav_auth
