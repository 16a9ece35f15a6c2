"""draft-cavage signatures of 1.2: round trip, what must be covered, and altered bytes."""

import hashlib
from base64 import b64encode

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import given
from hypothesis import strategies as st

from meshsim.dialects._cavage import SIGNED, parse_public_key, public_key, sign, signed
from meshsim.ocm.errors import OcmError
from meshsim.ocm.keys import PrivateKey
from meshsim.ocm.signatures import BodyMismatch, SignatureError
from meshsim.ocm.signatures import sign as sign_new
from meshsim.wire import Request

KEYS = {
    alg: PrivateKey.from_seed("https://alpha.example.org/ocm#signature", bytes(32), alg)
    for alg in ("RS256", "RS512")
}
KEY = KEYS["RS256"]
NOW = 1720448200
REQUEST = Request(
    "POST", "https://beta.example.org/ocm/shares?x=1", {"content-type": "application/json"}, b'{"a": 1}'
)
MESSAGE = sign(REQUEST, KEY, NOW)


def change(request, **headers):
    """The request with fields changed ("_" stands for "-"), or taken away where they are None."""
    fields = {**request.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return msgspec.structs.replace(request, headers={name: v for name, v in fields.items() if v is not None})


def by_hand(request=MESSAGE, names=SIGNED, algorithm="rsa-sha256", key=KEY):
    """A true signature over whatever is asked for, made without the code under test."""
    parts = {"(request-target)": "post /ocm/shares?x=1", **request.headers}
    value = key.sign("\n".join(f"{name}: {parts.get(name, '')}" for name in names).encode())
    return change(
        request,
        signature=f'keyId="{key.kid}",algorithm="{algorithm}",headers="{" ".join(names)}",'
        f'signature="{b64encode(value).decode()}"',
    )


def verify(request, key=KEY.public, now=NOW):
    """True if there is a signature and it is good."""
    found = signed(request.headers)
    if found is None:
        return False
    found.verify(request, key, now)
    return True


def test_the_fields_are_those_of_1_2():
    """One Signature field; date, digest and host are sent with it."""
    digest = b64encode(hashlib.sha256(b'{"a": 1}').digest()).decode()

    assert "Mon, 08 Jul 2024 14:16:40 GMT" == MESSAGE.headers["date"]
    assert f"SHA-256={digest}" == MESSAGE.headers["digest"]
    assert ("beta.example.org", "8") == (MESSAGE.headers["host"], MESSAGE.headers["content-length"])
    assert MESSAGE.headers["signature"].startswith(
        'keyId="https://alpha.example.org/ocm#signature",algorithm="rsa-sha256",'
        'headers="(request-target) content-length date digest host",signature="'
    )
    assert by_hand() == MESSAGE


@pytest.mark.parametrize("alg", KEYS)
def test_what_is_signed_verifies_with_the_published_key(alg):
    """The key travels in the discovery document, as PEM and without an algorithm."""
    key = parse_public_key(public_key(KEYS[alg].public))

    assert KEYS[alg].public.members == key.members
    assert verify(sign(REQUEST, KEYS[alg], NOW), key)


def test_the_digest_of_the_newer_kind_counts_too():
    """1.2 names content-digest or digest; one of them must be covered, and what is covered must fit."""
    value = f"sha-256=:{b64encode(hashlib.sha256(REQUEST.body).digest()).decode()}:"
    names = ("content-length", "date", "content-digest", "host")

    assert verify(by_hand(change(MESSAGE, content_digest=value), names))
    with pytest.raises(BodyMismatch):
        verify(by_hand(change(MESSAGE, content_digest="sha-256=:AAAA:"), names))


@pytest.mark.parametrize("digest", ["SHA-512={0},SHA-256={1}", "MD5=AAAA, sha-256={1}", "sha-512={0}"])
def test_several_digests_may_be_there(digest):
    """Names are read in any case (RFC 3230); unknown ones are passed over."""
    texts = [b64encode(h(REQUEST.body).digest()).decode() for h in (hashlib.sha512, hashlib.sha256)]

    assert verify(by_hand(change(MESSAGE, digest=digest.format(*texts))))


@pytest.mark.parametrize(
    "digest", ["", "MD5=AAAA", "SHA-256=AAAA", "SHA-256=!", "SHA-256", "sha-512=AAAA, {0}"]
)
def test_a_digest_that_does_not_fit_is_refused(digest):
    """None known, or a wrong one: the signature is true, the body is not."""
    with pytest.raises(BodyMismatch):
        verify(by_hand(change(MESSAGE, digest=digest.format(MESSAGE.headers["digest"]))))


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (("date", "digest", "host"), "content-length"),
        (("content-length", "digest", "host"), "date"),
        (("content-length", "date", "digest"), "host"),
        (("content-length", "date", "host"), "digest"),
        (("content-length", "date", "digest", "host", "date"), "twice"),
        (("content-length", "date", "digest", "host", "x-missing"), "not there"),
        (("content-length", "date", "digest", "host", "(created)"), "not there"),
    ],
)
def test_what_1_2_demands_must_be_covered(names, reason):
    """OCM-LEG-007, though the signature itself is true."""
    with pytest.raises(SignatureError, match=reason):
        verify(by_hand(names=names))


@pytest.mark.parametrize("now", [NOW - 60, NOW + 300])
def test_a_signature_is_good_in_its_window(now):
    """The date is checked against a lifetime."""
    assert verify(MESSAGE, now=now)


@pytest.mark.parametrize("now", [NOW - 61, NOW + 301])
def test_a_stale_date_is_refused(now):
    """Too old, or too far in the future."""
    with pytest.raises(SignatureError, match="dated"):
        verify(MESSAGE, now=now)


@pytest.mark.parametrize(
    "date",
    [
        "",
        "now",
        "Mon, 08 Jul 2024 14:16:40",
        "Mon, 08 Jul 2024 14:16:40 -0000",
        "2024-07-08T14:16:40Z",
        "Mon, 99 Jul 2024 14:16:40 GMT",
        "Mon, 08 Jul 99999999999 14:16:40 GMT",
        " GMT",
    ],
)
def test_a_date_must_be_an_http_date(date):
    """Other forms could mean the machine's own zone."""
    with pytest.raises(SignatureError, match="HTTP date"):
        verify(by_hand(change(MESSAGE, date=date)))


@pytest.mark.parametrize("algorithm", ["hmac-sha256", "hs2019", "rsa-sha1", "none", "RSA-SHA256", "ed25519"])
def test_other_algorithms_are_refused(algorithm):
    """Above all symmetric ones."""
    with pytest.raises(SignatureError, match="algorithm"):
        verify(by_hand(algorithm=algorithm))


def test_the_algorithm_that_is_named_is_the_one_that_is_checked():
    """A signature with SHA-512 is false where SHA-256 is named."""
    with pytest.raises(SignatureError, match="false"):
        verify(by_hand(algorithm="rsa-sha512"))


def test_only_rsa_keys_fit():
    """Another kind of key of that name proves nothing; nor does another RSA key, or another name."""
    other = generate_private_key(65537, 2048).public_key()

    with pytest.raises(SignatureError, match="needs an RSA key"):
        verify(MESSAGE, PrivateKey.from_seed(KEY.kid, bytes(32)).public)
    with pytest.raises(SignatureError, match="false"):
        verify(MESSAGE, published_as_ours(other))
    with pytest.raises(SignatureError, match="is not the signing key"):
        verify(MESSAGE, PrivateKey.from_seed("https://alpha.example.org/other", bytes(32), "RS256").public)
    with pytest.raises(TypeError, match="RSA"):
        public_key(PrivateKey.from_seed("k", bytes(32)).public)


def published_as_ours(key):
    """A foreign RSA key under our name."""
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return parse_public_key({"keyId": KEY.kid, "publicKeyPem": pem.decode()})


def test_a_signature_for_another_host_is_refused():
    """Host is signed, and has to be the host that was asked."""
    elsewhere = msgspec.structs.replace(MESSAGE, url="https://gamma.example.org/ocm/shares?x=1")

    with pytest.raises(SignatureError, match="Host"):
        verify(elsewhere)
    with pytest.raises(SignatureError, match="false"):
        verify(change(elsewhere, host="gamma.example.org"))


@pytest.mark.parametrize(
    "headers",
    [{"signature": None}, sign_new(REQUEST, PrivateKey.from_seed("k", bytes(32)), NOW).headers],
)
def test_a_request_without_the_old_signature_is_unsigned(headers):
    """RFC 9421 has a Signature field, too; it is not ours to judge."""
    fields = {name: value for name, value in headers.items() if value is not None}

    assert signed(fields) is None


FIELD = MESSAGE.headers["signature"]


@pytest.mark.parametrize(
    "field",
    [
        "",
        "x",
        FIELD + ",",
        "," + FIELD,
        FIELD.replace(",", ""),
        FIELD.replace('"', "'"),
        FIELD + ',keyId="x"',
        FIELD.replace("keyId=", "keyid="),
        FIELD.replace('signature="', 'signature="!'),
        FIELD[:-1],
        'keyId="a",algorithm="rsa-sha256",headers="",signature="AAAA"',
        'keyId="",algorithm="rsa-sha256",headers="date",signature="AAAA"',
        FIELD + "," * 9000,
        "a=1" * 3000,
        "keyId=" + '"' * 5000,
    ],
)
def test_a_field_that_cannot_be_read_is_refused(field):
    """Malformed is not the same as unsigned."""
    with pytest.raises(SignatureError):
        signed({"signature": field})


@pytest.mark.parametrize(
    "field", [FIELD + ",created=1720448200", FIELD.replace(",", " , "), FIELD + ',x="y z"']
)
def test_other_parameters_and_spaces_do_not_disturb(field):
    """Later drafts added parameters."""
    assert verify(change(MESSAGE, signature=field))


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "pem",
        {},
        {"keyId": "k"},
        {"keyId": 5, "publicKeyPem": "x"},
        {"keyId": "k", "publicKeyPem": "x"},
        {"keyId": "k", "publicKeyPem": "é"},
        {"keyId": "k", "publicKeyPem": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"},
        {
            "keyId": "k",
            "publicKeyPem": "-----BEGIN PUBLIC KEY-----\n"
            "MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n"
            "-----END PUBLIC KEY-----\n",
        },
    ],
)
def test_what_is_no_rsa_key_is_refused(document):
    """Wrong types, broken PEM and keys of another kind are OcmErrors."""
    with pytest.raises(OcmError, match="publicKey"):
        parse_public_key(document)


def test_a_short_rsa_key_is_refused():
    """1024 bits were usual once."""
    with pytest.raises(OcmError, match="1024 bits"):
        published_as_ours(generate_private_key(65537, 1024).public_key())


@given(
    st.sampled_from([*SIGNED[1:], "method", "url", "body", "signature"]),
    st.integers(0, 400),
    st.integers(0, 6),
)
def test_no_byte_can_be_altered(part, position, bit):
    """Any changed bit is noticed; only the scheme and the case of method and host are not signed."""

    def flip(text):
        at = position % len(text)
        return text[:at] + chr(ord(text[at]) ^ 1 << bit) + text[at + 1 :]

    if part == "body":
        altered = msgspec.structs.replace(MESSAGE, body=flip(MESSAGE.body.decode()).encode())
    elif part in ("method", "url"):
        altered = msgspec.structs.replace(MESSAGE, **{part: flip(getattr(MESSAGE, part))})
    else:
        altered = change(MESSAGE, **{part: flip(MESSAGE.headers[part])})
    unsigned = (
        altered.method.lower() == "post"
        and altered.target.authority.lower() == "beta.example.org"
        and [*altered.target][2:] == [*MESSAGE.target][2:]
        and part in ("method", "url")
    )
    try:
        good = verify(altered)
    except OcmError:
        good = False

    assert unsigned == good


@given(
    st.text()
    | st.lists(st.sampled_from(['keyId="a"', "algorithm=", '"rsa-sha256"', ",", "=", '"', "headers"])).map(
        "".join
    ),
    st.text(),
    st.text(),
)
def test_any_headers_give_a_value_or_a_refusal(field, date, digest):
    """Nothing but OcmError ever comes out of what a peer wrote."""
    try:
        good = verify(change(MESSAGE, signature=field, date=date, digest=digest))
    except OcmError:
        good = False

    assert not good
