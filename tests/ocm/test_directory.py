"""The signed directory: only what the handed-over key signed is believed, entry by entry."""

import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from joserfc import jws as jose
from joserfc.jwk import OKPKey

from meshsim.ocm import base64url, document
from meshsim.ocm.directory import Directory, Server, sign, verify
from meshsim.ocm.errors import OcmError, Unauthenticated
from meshsim.ocm.keys import PrivateKey, PublicKey

KEY = PrivateKey.from_seed("directory.example#1", bytes(32))
OTHER = PrivateKey.from_seed("directory.example#1", bytes([1] * 32))
MESH = Directory("ScienceMesh", (Server("https://a.example", "A"), Server("https://b.example:8443", "B")))


@pytest.mark.parametrize("alg", ["Ed25519", "ES256"])
def test_what_is_signed_is_read_back(alg):
    """In compact form, with the key's own algorithm."""
    key = PrivateKey.from_seed("k", bytes(32), alg)

    assert MESH == verify(sign(MESH, key), key.public)
    assert ["a.example", "b.example:8443"] == [server.host for server in MESH.servers]


def test_another_key_or_an_altered_list_is_not_believed():
    """Whatever the header says."""
    header, payload, signature = sign(MESH, KEY).decode().split(".")
    forged = base64url.encode(base64url.decode(payload).replace(b"a.example", b"e.example"))
    none = base64url.encode(b'{"alg":"none"}')
    hmac = base64url.encode(b'{"alg":"HS256"}')
    critical = base64url.encode(b'{"alg":"Ed25519","crit":["b64"],"b64":false}')
    for jws in (
        *(f"{header}.{forged}.{signature}", f"{none}.{payload}.", f"{hmac}.{payload}.{signature}"),
        f"{critical}.{payload}.{signature}",
    ):
        with pytest.raises(Unauthenticated):
            verify(jws.encode(), KEY.public)
    with pytest.raises(Unauthenticated):
        verify(sign(MESH, OTHER), KEY.public)


@pytest.mark.parametrize(
    "jws",
    [
        *(
            b"",
            b"a.b",
            b"a.b.c.d",
            b"\xff",
            b"..",
            b"!.!.!",
            b'{"payload": ""}',
            b"\xe9.\xe9.\xe9",
            b"W10.W10.W10",
        ),
        b'{"protected": "", "payload": {"federation": "F", "servers": []}, "signature": ""}',
        b'{"protected": "e30", "protected": "e30", "payload": "e30", "signature": ""}',
    ],
)
def test_what_is_no_jws_is_refused(jws):
    """With an error, not an exception of the parser."""
    with pytest.raises(OcmError):
        verify(jws, KEY.public)


def entry(**changes):
    return {"url": "https://a.example", "displayName": "A", **changes}


@pytest.mark.parametrize(
    "bad",
    [
        *(entry(url="https://a.example/path"), entry(url="https://a.example/"), entry(url="a.example")),
        *(
            entry(url="https://u@a.example"),
            entry(url="https://a.example?x"),
            entry(url="https://a.example#x"),
        ),
        *(entry(url="ftp://a.example"), entry(url=1), entry(displayName=None), "text", None, {}),
    ],
)
def test_bad_entries_are_left_out_and_told(bad):
    """OCM-DIR-005 to 009, 011: the others stay."""
    raw = json.dumps({"federation": "F", "servers": [bad, entry(url="https://good.example")]}).encode()
    found = Directory.parse(raw)

    assert ["https://good.example"] == [server.url for server in found.servers]
    assert 1 == len(found.rejected)
    assert found.rejected[0].startswith("servers[0]: ")


def test_a_payload_without_list_is_refused_whole():
    """Both bad members are named."""
    with pytest.raises(OcmError) as refusal:
        Directory.parse(b'{"federation": 1, "servers": {}}')

    assert {"federation", "servers"} == {problem.name for problem in refusal.value.problems}
    payload = base64url.decode(sign(MESH, KEY).decode().split(".")[1])
    assert {"federation", "servers"} == set(document.load(payload))


@pytest.mark.parametrize("alg", ['"none"', '"HS256"', '"ES256"', '["Ed25519"]', "null", "{}"])
def test_only_the_algorithm_of_the_key_is_taken(alg):
    """Also if the signature itself is right."""
    header = base64url.encode(f'{{"alg": {alg}}}'.encode())
    signed = f"{header}.{sign(MESH, KEY).decode().split('.')[1]}"
    proof = base64url.encode(KEY.sign(signed.encode()))
    with pytest.raises(Unauthenticated):
        verify(f"{signed}.{proof}".encode(), KEY.public)


def test_the_flattened_form_is_read():
    """The form of the draft's example; what stands outside `protected` is not believed."""
    header, payload, signature = sign(MESH, KEY).decode().split(".")
    made = {"payload": payload, "protected": header, "signature": signature, "header": {"alg": "none"}}
    unprotected = {**made, "protected": base64url.encode(b"{}"), "header": {"alg": "Ed25519"}}

    assert MESH == verify(json.dumps(made).encode(), KEY.public)
    with pytest.raises(Unauthenticated):
        verify(json.dumps(unprotected).encode(), KEY.public)


PAYLOAD = {"federation": "F", "servers": [{"url": "https://A.example:443", "displayName": "A"}]}


def test_what_pyjwt_signs_is_read():
    """It calls the algorithm EdDSA, and knows ES256."""
    private = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    signed = jwt.encode(PAYLOAD, private, algorithm="EdDSA").encode()
    elliptic = ec.derive_private_key(7, ec.SECP256R1())
    numbers = elliptic.public_key().public_numbers()
    x, y = (base64url.encode(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    public = PublicKey.parse({"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "e", "x": x, "y": y})

    assert ["a.example"] == [server.host for server in verify(signed, KEY.public).servers]
    assert "F" == verify(jwt.encode(PAYLOAD, elliptic, algorithm="ES256").encode(), public).federation


def test_what_is_signed_here_joserfc_reads():
    """An independent reader of RFC 7515 sees the same list."""
    key = OKPKey.import_key(KEY.public.jwk())
    found = jose.deserialize_compact(sign(MESH, KEY), key, algorithms=["Ed25519"])

    assert MESH == Directory.parse(found.payload)
