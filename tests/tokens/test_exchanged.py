"""Exchanged tokens: signed claims that anybody may read and nobody may change."""

import jwt
import msgspec
import pytest

from meshsim.tokens import BadToken, Grant
from meshsim.tokens._jws import Jws
from meshsim.tokens.exchanged import build

KEY = bytes(range(32))
GRANT = Grant(
    share="share-1",
    client="beta.example.org",
    path="/alice/thesis.pdf",
    namespace="alpha.example.org/alice",
    permissions=("read",),
    endpoint="https://alpha.example.org/dav/share-1",
    issued=1788220800,
    expires=1788224400,
)


@pytest.fixture
def kind():
    """Entropy that always says the same."""
    return build(KEY, lambda: "jti-1")


def test_the_claims_are_those_of_rfc_9068(kind):
    """sub is the share, client_id the receiving server; times are whole seconds."""
    token = kind.issue(GRANT)
    claims = jwt.decode(token, options={"verify_signature": False})

    assert {"alg": "HS256", "typ": "at+jwt"} == jwt.get_unverified_header(token)
    assert {
        "sub": "share-1",
        "client_id": "beta.example.org",
        "iat": 1788220800,
        "exp": 1788224400,
        "jti": "jti-1",
        "permissions": ["read"],
    } == claims


def test_what_is_private_to_the_site_is_not_in_it(kind):
    """Path, namespace and endpoint come back empty."""
    expected = msgspec.structs.replace(GRANT, path="", namespace="", endpoint="")

    assert expected == kind.read(kind.issue(GRANT), GRANT.issued)


def test_it_has_to_end(kind):
    """A token without end would outlive every revocation."""
    with pytest.raises(ValueError, match="must expire"):
        kind.issue(msgspec.structs.replace(GRANT, expires=None))


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"sub": 5, "client_id": "b", "iat": 1, "jti": "j", "permissions": []},
        {"sub": "s", "client_id": "b", "iat": "1", "jti": "j", "permissions": []},
        {"sub": "s", "client_id": "b", "iat": 1, "jti": "j", "permissions": "read"},
        {"sub": "s", "client_id": "b", "iat": 1, "jti": "j", "permissions": [], "exp": "never"},
        [],
        None,
    ],
)
def test_claims_of_wrong_types_are_refused(kind, claims):
    """Even if we had signed them: a value is parsed once and whole."""
    with pytest.raises(BadToken):
        kind.read(Jws(KEY, "at+jwt").write(claims), GRANT.issued)
