"""What every dialect must be able to do, run over every file in the folder."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshsim import plugins
from meshsim.dialects import KINDS, Dialect
from meshsim.mesh import Mesh, Plan, Topology
from meshsim.ocm.discovery import Discovery
from meshsim.ocm.document import convert
from meshsim.ocm.errors import OcmError
from meshsim.ocm.notification import TYPES

NAMES = plugins.names("dialects")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
MEMBERS = st.sampled_from(
    [
        *("apiVersion", "capabilities", "criteria", "resourceTypes", "shareTypes", "protocol", "options"),
        *("webdav", "sharedSecret", "notification", "file", "providerId", "recipientProvider", "expiration"),
    ]
)
DOCUMENTS = st.dictionaries(MEMBERS | st.text(max_size=8), JSON, max_size=6)


@pytest.fixture(params=NAMES)
def dialect(request) -> Dialect:
    return plugins.load("dialects", request.param)()


def test_it_says_what_it_is(dialect):
    """Its name is its file's; it is found and finds others; it knows only known notifications."""
    assert dialect.name in NAMES
    assert dialect.discovery_served
    assert dialect.discovery_tried
    assert dialect.notifications <= set(TYPES)
    assert dialect.plain <= set(KINDS)
    assert set(dialect.dav_auth) <= {"bearer", "basic"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=50)
@given(document=DOCUMENTS, host=st.sampled_from(["", "a.example.org"]))
def test_anything_is_heard_or_refused(name, kind, document, host):
    """A peer can send what it likes: it becomes a document or an OcmError, and stays what it was."""
    before = copy.deepcopy(document)
    try:
        heard: object = plugins.load("dialects", name)().hear(kind, document, host)
    except OcmError as error:
        heard = error

    assert isinstance(heard, (dict, OcmError))
    assert before == document


def test_plain_kinds_are_heard_unchanged(dialect):
    """What is called plain need not be translated."""
    document = {
        "protocol": {"name": "multi"},
        "notificationType": "X",
        "senderDomain": "a.example.org",
        "userID": "a",
    }

    assert dialect.plain
    for kind in dialect.plain:
        assert document == dialect.hear(kind, document, "a.example.org")


@pytest.mark.parametrize("version", ["1.0-proposal1", "1.1.0", "1.2.0", "1.4.0", "1.5.0"])
@pytest.mark.parametrize("capabilities", [[], ["protocol-object"]])
def test_what_it_speaks_plainly_is_said_unchanged(dialect, version, capabilities, share_document):
    """Sites leave out the translation of these kinds, so there must be nothing to translate."""
    peer = {"apiVersion": version, "capabilities": capabilities}
    for kind in dialect.speaks_plain(peer):
        assert share_document == dialect.speak(kind, share_document, peer, "s3cret"), kind


def test_its_discovery_is_understood_by_all(dialect):
    """What a site of this accent says of itself is a usable document to every accent that finds it."""
    site = Mesh(Topology((Plan("a.example.org", dialect=dialect.name),))).site("a.example.org")
    for name in NAMES:
        heard = plugins.load("dialects", name)().hear("discovery", site.discovery_document, "a.example.org")
        found = convert(heard, Discovery)

        assert f"{dialect.dav_path}/" == found.webdav_prefix("file")
        assert found.can("notifications")
        assert found.accepts("file", "user", "webdav")


def test_it_understands_itself(dialect, share_document):
    """What it speaks to its own kind it hears with its meaning kept."""
    peer = {"apiVersion": dialect.api_version, "capabilities": []}
    if dialect.requirements:
        share_document["protocol"]["webdav"]["requirements"] = sorted(dialect.requirements)
    spoken = dialect.speak("share", share_document, peer, "s3cret")
    heard = dialect.hear("share", spoken, "alpha.example.org")

    assert share_document["providerId"] == heard["providerId"]
    secret = heard["protocol"].get("webdav", heard["protocol"].get("options"))["sharedSecret"]
    assert "s3cret" == secret


@pytest.fixture
def share_document():
    return {
        "shareWith": "bob@beta.example.org",
        "name": "plan.odt",
        "providerId": "sh-1",
        "owner": "alice@alpha.example.org",
        "sender": "alice@alpha.example.org",
        "shareType": "user",
        "resourceType": "file",
        "protocol": {
            "name": "multi",
            "webdav": {"uri": "sh-1", "sharedSecret": "s3cret", "permissions": ["read"]},
        },
    }
