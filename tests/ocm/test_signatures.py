"""HTTP Message Signatures: published vectors, the rules of OCM one by one, and altered bytes."""

import pytest

from meshsim.ocm.keys import PrivateKey
from meshsim.ocm.signatures import sign, tagged
from meshsim.wire import Request

KEY = PrivateKey.from_seed("alpha.example.org#k1", bytes(range(32)))
NOW = 1788220800
REQUEST = Request(
    "POST",
    "https://beta.example.org/ocm/token",
    {"content-type": "application/x-www-form-urlencoded"},
    b"grant_type=authorization_code&client_id=alpha.example.org&code=s3cret-0001",
)


def test_a_signed_request_is_the_published_vector():
    """Key, body, time and URL of our vector give its digest and its signature, byte by byte."""
    signed = sign(REQUEST, KEY, NOW)

    assert {
        "content-type": "application/x-www-form-urlencoded",
        "content-digest": "sha-256=:6g3wktTFbTTI3HdGFpjPay/MJLnlA1YOgOIxo3qa0Ds=:",
        "content-length": "74",
        "signature-input": 'ocm=("@method" "@target-uri" "content-digest" "content-length");created=1788220800;'
        'keyid="alpha.example.org#k1";alg="ed25519";tag="ocm"',
        "signature": "ocm=:3+5Tyr54TKA6IjXcxNDmC/P5C73qWxpY57gGP1DUUlEqboL5arPhe6AMeKaH9IxbYf2khOb8PuOZoduFTdd1CQ==:",
    } == signed.headers


@pytest.mark.parametrize("alg", ["Ed25519", "EdDSA", "ES256", "ES384", "RS256", "RS512"])
def test_what_is_signed_verifies(alg):
    """Every algorithm we sign with is understood by the verifier."""
    key = PrivateKey.from_seed("alpha.example.org#k1", bytes(32), alg)
    signed = sign(REQUEST, key, NOW)
    found = tagged(signed.headers)
    found.verify(signed, key.public, NOW)

    assert "alpha.example.org#k1" == found.keyid
