"""The paper's token: all of the grant, for nobody's eyes but the site's."""

import base64
import json

import msgspec
import pytest

from meshsim.tokens import Grant
from meshsim.tokens.paper import build

GRANT = Grant(
    share="share-1",
    client="beta.example.org",
    path="/alice/thesis.pdf",
    namespace="alpha.example.org/alice",
    permissions=("read", "write"),
    endpoint="https://alpha.example.org/dav/share-1",
    issued=1788220800,
    expires=1788224400,
)


@pytest.fixture
def kind():
    """Entropy that always says the same, which is the worst case for the nonce."""
    return build(bytes(range(32)), lambda: "jti-1")


def parts(token):
    """The decoded parts of a compact JWE: header, key, nonce, ciphertext, tag."""
    return [base64.urlsafe_b64decode(part + "==") for part in token.split(".")]


@pytest.mark.parametrize("expires", [1788224400, None])
def test_the_whole_grant_comes_back(kind, expires):
    """Path, namespace, permissions and endpoint are in it; without an end it lasts like the share."""
    grant = msgspec.structs.replace(GRANT, expires=expires)

    assert grant == kind.read(kind.issue(grant), GRANT.issued)


def test_nothing_can_be_read_from_outside(kind):
    """Of the five parts only the header is plain, and it says nothing of the grant."""
    header, key, nonce, ciphertext, tag = parts(kind.issue(GRANT))

    assert {"alg": "dir", "enc": "A256GCM", "cty": "JWT"} == json.loads(header)
    assert (b"", 12, 16) == (key, len(nonce), len(tag))
    for text in ("share-1", "alice", "thesis", "example.org", "read", "jti", "eyJ"):
        assert text.encode() not in ciphertext


def test_a_nonce_belongs_to_one_text(kind):
    """Another grant or another site gets another nonce, though the entropy stands still."""
    other = msgspec.structs.replace(GRANT, path="/alice/other.pdf")
    tokens = [kind.issue(GRANT), kind.issue(other), build(bytes(32), lambda: "jti-1").issue(GRANT)]

    assert 3 == len({parts(token)[2] for token in tokens})
    assert kind.issue(GRANT) == tokens[0]
