"""What every kind of token has to keep, run over each file in the folder."""

import base64
import json
from hmac import digest
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshsim import plugins
from meshsim.tokens import BadToken, Grant, TokenKind

KEY = bytes(range(32))
GRANT = Grant(
    share="7c084226-d9a1-11e6-bf26-cec0c932ce01",
    client="beta.example.org:8443",
    path="/alice/päpers/thesis.pdf",
    namespace="alpha.example.org/alice",
    permissions=("read", "write"),
    endpoint="https://alpha.example.org/dav/ocm/7c084226",
    issued=1788220800,
    expires=1788224400,
)
NAMES = plugins.names("tokens")


def make(name, key=KEY):
    """A fresh token maker; its entropy counts."""
    numbers = count()
    return plugins.load("tokens", name)(key, lambda: f"unguessable-{next(numbers)}")


STATELESS = [name for name in NAMES if make(name).stateless]


def b64(value):
    """base64url of bytes, or of the JSON of anything else."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_the_four_kinds_are_there():
    """Files are found by their names; those that begin with "_" are no kinds."""
    assert ["exchanged", "opaque", "paper", "session_2021"] == NAMES
    assert ["exchanged", "paper", "session_2021"] == STATELESS


@pytest.mark.parametrize("name", NAMES)
def test_one_seed_gives_the_same_tokens(name):
    """Two makers with the same key and entropy issue the same texts; each text is another one."""
    one, two = make(name), make(name)
    tokens = [one.issue(GRANT) for _ in range(3)]

    assert tokens == [two.issue(GRANT) for _ in range(3)]
    assert 3 == len(set(tokens))


@pytest.mark.parametrize("name", NAMES)
def test_a_token_fits_into_a_header_and_into_a_form(name):
    """Only characters that need no escaping anywhere (RFC 6750, 2.1)."""
    kind: TokenKind = make(name)

    assert set(kind.issue(GRANT)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


@pytest.mark.parametrize("name", STATELESS)
@pytest.mark.parametrize("now", [1788220800, 1788224399.9, 0, -1])
def test_what_is_issued_is_read_back(name, now):
    """Until it ends a token tells its share, client, permissions and times, also after a restart."""
    grant = make(name).read(make(name).issue(GRANT), now)
    told = (grant.share, grant.client, grant.permissions, grant.issued, grant.expires)

    assert (GRANT.share, GRANT.client, GRANT.permissions, GRANT.issued, GRANT.expires) == told


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("now", [1788224400, 1788224400.0, 1e12])
def test_an_expired_token_is_refused(name, now):
    """The end is judged by the time that is given, not by the machine's."""
    kind = make(name)

    with pytest.raises(BadToken):
        kind.read(kind.issue(GRANT), now)


@pytest.mark.parametrize("name", NAMES)
def test_another_sites_token_is_refused(name):
    """A key of another site opens nothing."""
    with pytest.raises(BadToken):
        make(name).read(make(name, bytes(32)).issue(GRANT), GRANT.issued)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("other", STATELESS)
def test_no_kind_passes_for_another(name, other):
    """One key serves all kinds, and none reads what another has made of it."""
    if name == other:
        name = "opaque"

    with pytest.raises(BadToken):
        make(name).read(make(other).issue(GRANT), GRANT.issued)


@pytest.mark.parametrize("name", STATELESS)
def test_no_character_can_be_altered(name):
    """A character changed, left out or doubled makes the token bad, also in bits that base64 ignores."""
    kind = make(name)
    token = kind.issue(GRANT)
    for position, character in enumerate(token):
        for other in {"A", "B", "-", ".", "=", chr(ord(character) ^ 1), character * 2, ""} - {character}:
            with pytest.raises(BadToken):
                kind.read(token[:position] + other + token[position + 1 :], GRANT.issued)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "typ": "JWT"},
        {"alg": "none", "typ": "at+jwt"},
        {"alg": "NONE"},
        {"alg": "HS256", "typ": "JWT"},
        {"alg": "HS256", "typ": "at+jwt"},
        {"typ": "at+jwt", "alg": "HS256"},
        {"alg": "HS512", "typ": "at+jwt"},
        {"alg": "RS256", "typ": "at+jwt"},
        {"alg": "ES256", "typ": "JWT", "jwk": {"kty": "oct", "k": ""}},
        {"alg": "HS256", "typ": "JWT", "kid": "../../dev/null", "jku": "https://evil.example.org/"},
        {"alg": ["HS256"]},
        [],
        5,
        None,
    ],
)
@pytest.mark.parametrize("signature", ["", "key", "empty"])
def test_a_forged_signature_is_refused(name, header, signature):
    """alg none, another algorithm, or a signature by the plain site key or by an empty one."""
    claims = {"sub": GRANT.share, "client_id": GRANT.client, "iat": 0, "jti": "x", "permissions": ["read"]}
    text = f"{b64(header)}.{b64(claims)}"
    if signature:
        text += "." + b64(digest(KEY if signature == "key" else b"", text.encode(), "sha256"))
    else:
        text += "."

    with pytest.raises(BadToken):
        make(name).read(text, GRANT.issued)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "header",
    [
        {"alg": "dir", "enc": "A256GCM"},
        {"alg": "dir", "enc": "A256GCM", "cty": "JWT", "zip": "DEF"},
        {"alg": "dir", "enc": "A128CBC-HS256"},
        {"alg": "PBES2-HS256+A128KW", "enc": "A256GCM", "p2c": 10**9, "p2s": "AAAA"},
        {"alg": ["dir"], "enc": {}},
        {"alg": "dir", "enc": "A256GCM", "crit": ["exp"]},
        "dir",
    ],
)
def test_a_forged_encryption_is_refused(name, header):
    """No other key management, compression or content encryption is even tried."""
    with pytest.raises(BadToken):
        make(name).read(f"{b64(header)}..{b64(bytes(12))}.{b64(bytes(40))}.{b64(bytes(16))}", GRANT.issued)


@pytest.mark.parametrize("name", NAMES)
@given(st.text())
def test_any_text_is_a_bad_token(name, text):
    """What we have not issued is refused, and nothing else happens."""
    with pytest.raises(BadToken):
        make(name).read(text, GRANT.issued)


@pytest.mark.parametrize("name", STATELESS)
@given(st.data())
def test_any_text_behind_our_own_header_is_a_bad_token(name, data):
    """Nor does the right beginning help."""
    token = make(name).issue(GRANT)
    parts = token.split(".")
    kept = data.draw(st.integers(1, len(parts) - 1))
    rest = data.draw(st.lists(st.text(alphabet="AQgw-_=.+é\ud800"), max_size=5))

    with pytest.raises(BadToken):
        make(name).read(".".join([*parts[:kept], *rest]), GRANT.issued)


@pytest.mark.parametrize("name", NAMES)
def test_a_huge_token_is_refused(name):
    """Ten megabytes are not looked at."""
    kind = make(name)

    with pytest.raises(BadToken):
        kind.read(kind.issue(GRANT) + "A" * 10_000_000, GRANT.issued)
