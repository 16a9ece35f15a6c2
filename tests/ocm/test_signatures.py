"""HTTP Message Signatures: published vectors, the rules of OCM one by one, and altered bytes."""

import hashlib
from base64 import b64encode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshsim.ocm.errors import OcmError
from meshsim.ocm.keys import SIGNING, PrivateKey, PublicKey
from meshsim.ocm.signatures import (
    COVERED,
    BodyMismatch,
    SignatureError,
    content,
    sign,
    tagged,
)
from meshsim.wire import Request

KEY = PrivateKey.from_seed("alpha.example.org#k1", bytes(range(32)))
NOW = 1788220800
REQUEST = Request(
    "POST",
    "https://beta.example.org/ocm/token",
    {"content-type": "application/x-www-form-urlencoded"},
    b"grant_type=authorization_code&client_id=alpha.example.org&code=s3cret-0001",
)
SIGNED = sign(REQUEST, KEY, NOW)
SHA256 = SIGNED.headers["content-digest"]
SHA512 = f"sha-512=:{b64encode(hashlib.sha512(REQUEST.body).digest()).decode()}:"
PARAMS = {"created": str(NOW), "keyid": f'"{KEY.kid}"', "alg": '"ed25519"', "tag": '"ocm"'}


def change(request, **headers):
    """The request with fields changed ("_" stands for "-"), or taken away where they are None."""
    fields = {**request.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return msgspec.structs.replace(request, headers={name: v for name, v in fields.items() if v is not None})


def printed(label, created, keyid, digest, length, signature):
    """The fields of a signature that covers what OCM demands and nothing else."""
    components = '("@method" "@target-uri" "content-digest" "content-length")'
    return {
        "content-digest": f"sha-256=:{digest}:",
        "content-length": length,
        "signature-input": f'{label}={components};created={created};keyid="{keyid}";alg="ed25519";tag="ocm"',
        "signature": f"{label}=:{signature}:",
    }


def signed_by_hand(request=SIGNED, key=KEY, covered=COVERED, label="ocm", **params):
    """A true signature over whatever is asked for, made without the code under test."""
    spelled = {name: value for name, value in (PARAMS | params).items() if value is not None}
    value = covered
    if isinstance(covered, tuple):
        value = "(" + " ".join(f'"{name}"' for name in covered) + ")"
    value += "".join(f";{name}={text}" for name, text in spelled.items())
    parts = {"@method": request.method, "@target-uri": request.url, **request.headers}
    lines = [f'"{name}": {parts.get(name, "")}' for name in covered] if isinstance(covered, tuple) else []
    base = "\n".join([*lines, f'"@signature-params": {value}'])
    signature = b64encode(key.sign(base.encode())).decode()
    return change(request, signature_input=f"{label}={value}", signature=f"{label}=:{signature}:")


def verify(request, key=KEY.public, now=NOW):
    """What a site does; True if there was a signature and it was good."""
    found = tagged(request.headers)
    if found is None:
        return False
    found.verify(request, key, now)
    return True


def test_a_signed_request_is_the_published_vector():
    """Key, body, time and URL of our vector give its digest and its signature, byte by byte."""
    expected = printed(
        "ocm",
        1788220800,
        "alpha.example.org#k1",
        "6g3wktTFbTTI3HdGFpjPay/MJLnlA1YOgOIxo3qa0Ds=",
        "74",
        "3+5Tyr54TKA6IjXcxNDmC/P5C73qWxpY57gGP1DUUlEqboL5arPhe6AMeKaH9IxbYf2khOb8PuOZoduFTdd1CQ==",
    )

    assert REQUEST.headers | expected == SIGNED.headers


def test_the_share_of_the_draft_verifies():
    """draft-ietf-ocm-open-cloud-mesh-07, Appendix B: key, request and signature as printed."""
    key = PublicKey.parse(
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "alg": "Ed25519",
            "kid": "sender.example.org#key1",
            "x": "AzeStPAdQ-vbi6bJVxcQjBPF2I7fDZdfDZ_XZ3J4Azs",
        }
    )
    body = b"""{
  "shareWith": "marie@receiver.example.org",
  "name": "spec.yaml",
  "providerId": "7c084226-d9a1-11e6-bf26-cec0c932ce01",
  "owner": "einstein@sender.example.org",
  "sender": "einstein@sender.example.org",
  "ownerDisplayName": "Albert Einstein",
  "senderDisplayName": "Albert Einstein",
  "shareType": "user",
  "resourceType": "file",
  "protocol": {
    "name": "multi",
    "webdav": {
      "uri": "spec.yaml",
      "sharedSecret": "hfiuhworzwnur98d3wjiwhr",
      "permissions": ["read", "write"]
    }
  }
}"""
    headers = printed(
        "sig1",
        1785060500,
        "sender.example.org#key1",
        "/Uz47cfD1HOdMTIqcWjd84iMLQ4gVJdC7ZFACf1ViqU=",
        "521",
        "Epax4XFqvbrrDzQUAaNl+uECasEKbArgz8AlEkXspvYX2fSkQFlCkaXImZnYU898C2t0IdmbFhjR8bkN0hZgCg==",
    )
    request = Request("POST", "https://receiver.example.org/ocm/shares", headers, body)

    assert verify(request, key, 1785060500)


def test_a_request_of_opencloudmesh_go_verifies():
    """A token request that this server sent to another of its kind, as recorded."""
    key = PublicKey.parse(
        {
            "kty": "OKP",
            "kid": "localhost:9201#key1",
            "use": "sig",
            "alg": "Ed25519",
            "crv": "Ed25519",
            "x": "OtoHjYECOm-TG9quZbEkR6jGywghcTXnMY7EpEKmqjk",
        }
    )
    headers = printed(
        "ocm",
        1795388582,
        "localhost:9201#key1",
        "6AoFXVjuZk3OgXz/586TK6FGhvQssnuig9bZYJ8ESaA=",
        "108",
        "Jr0sc6Siek6zgZw/kLLa4hmqr1R9L8j+55vmZiNtQQ8v3FK6HVnXPNGvqtrp3OgEByNSGHn/cRsW7tRe4sv9Bw==",
    )
    body = (
        b"client_id=localhost%3A9201&code=RtKgD9nYmryb9_6WCtxUoqqNnFRwGth1BmjxCHa37io%3D"
        b"&grant_type=authorization_code"
    )

    assert verify(Request("POST", "https://localhost:9200/ocm/token", headers, body), key, 1795388600)


@pytest.mark.parametrize(
    ("alg", "parameter"),
    [
        ("Ed25519", ';alg="ed25519"'),
        ("EdDSA", ';alg="ed25519"'),
        ("ES256", ';alg="ecdsa-p256-sha256"'),
        ("ES384", ';alg="ecdsa-p384-sha384"'),
        ("RS256", ';alg="rsa-v1_5-sha256"'),
        ("RS512", ""),
    ],
)
def test_what_is_signed_verifies(alg, parameter):
    """Every algorithm is understood by the verifier; it is named only where HTTP has a name for it."""
    key = PrivateKey.from_seed("alpha.example.org#k1", bytes(32), alg)
    signed = sign(REQUEST, key, NOW)

    assert verify(signed, key.public)
    assert f'keyid="alpha.example.org#k1"{parameter};tag="ocm"' in signed.headers["signature-input"]


def test_every_algorithm_is_tried_above():
    """The list of the test before is that of the module."""
    assert {"Ed25519", "EdDSA", "ES256", "ES384", "RS256", "RS512"} == set(SIGNING)


def test_signing_leaves_the_request_itself_alone():
    """The signed request is another value with the same body."""
    assert {"content-type": "application/x-www-form-urlencoded"} == REQUEST.headers
    assert REQUEST.body == SIGNED.body


def test_an_odd_kid_is_spelled_so_that_it_comes_back():
    """Quotes and backslashes in a kid are escaped."""
    key = PrivateKey.from_seed('a"b\\c', bytes(32))
    found = tagged(sign(REQUEST, key, NOW).headers)

    assert 'a"b\\c' == found.keyid


def test_the_date_may_be_covered_too():
    """-05 and -06 wanted the date in the signature; it counts if it is there."""
    request = change(REQUEST, date="Tue, 01 Sep 2026 00:00:00 GMT")
    signed = sign(request, KEY, NOW, covered=(*COVERED, "date"))

    assert verify(signed)
    with pytest.raises(SignatureError, match="false"):
        verify(change(signed, date="Tue, 01 Sep 2026 00:00:01 GMT"))
    with pytest.raises(SignatureError, match="date is covered and not there"):
        verify(change(signed, date=None))
    with pytest.raises(SignatureError, match="date is covered and not there"):
        sign(REQUEST, KEY, NOW, covered=(*COVERED, "date"))


def test_what_is_signed_by_hand_verifies():
    """The tests' own way of signing is right, so that what they break is broken by one thing only."""
    assert verify(signed_by_hand())


@pytest.mark.parametrize("label", ["sig1", "ocm2", "*a.b-c_d"])
def test_the_label_means_nothing(label):
    """OCM-SIG-072: the signature is found by its tag."""
    assert verify(signed_by_hand(label=label))


@pytest.mark.parametrize(
    "params",
    [
        {"alg": None},
        {"nonce": '"abc"'},
        {"nonce": "abc"},
        {"expires": str(NOW)},
        {"x": "1.5", "y": "?0", "z": ":AQI=:"},
    ],
)
def test_other_parameters_may_be_there_or_missing(params):
    """alg is optional, and what is not known is signed but not judged."""
    assert verify(signed_by_hand(**params))


def test_spaces_that_the_grammar_allows_do_not_matter():
    """RFC 9421 signs the canonical spelling, whatever came over the wire."""
    field = (
        SIGNED.headers["signature-input"].replace(";", ";  ").replace('("', '(  "').replace('" "', '"   "')
    )

    assert verify(change(SIGNED, signature_input=f"  {field} "))


@pytest.mark.parametrize(
    "headers",
    [
        {"signature_input": None},
        {"signature_input": None, "signature": None},
        {"signature_input": 'a=("@method");created=1;keyid="k"', "signature": "a=:AA==:"},
        {"signature_input": 'a=("@method");tag="other"', "signature": "!"},
        {"signature_input": "a=1", "signature": None},
        {"signature_input": "ocm=();tag=ocm"},
        {"signature_input": 'ocm=();tag="OCM"'},
        {"signature_input": ""},
    ],
)
def test_a_request_without_the_tag_is_unsigned(headers):
    """OCM-SIG-075 and -076: other signatures do not count, and are not looked at."""
    assert tagged(change(SIGNED, **headers).headers) is None


def test_other_signatures_do_not_disturb():
    """A proxy's signature before or after ours changes nothing."""
    field, value = SIGNED.headers["signature-input"], SIGNED.headers["signature"]
    other, other_value = 'proxy=("@authority";req "x";key="y");created=5;keyid="p"', "proxy=:AAAA:"

    assert verify(change(SIGNED, signature_input=f"{other}, {field}", signature=f"{other_value}, {value}"))
    assert verify(change(SIGNED, signature_input=f"{field},\t{other}", signature=value))


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"signature": None}, "no bytes for 'ocm'"),
        ({"signature": "sig1=:AAAA:"}, "no bytes for 'ocm'"),
        ({"signature": "ocm=AAAA"}, "no bytes for 'ocm'"),
        ({"signature": 'ocm="AAAA"'}, "no bytes for 'ocm'"),
        ({"signature": "ocm=(:AAAA:)"}, "no bytes for 'ocm'"),
        ({"signature": "ocm=:AAA:"}, "base64"),
        ({"signature": "ocm=:AAAA:, ocm=:AAAA:"}, "twice"),
        ({"signature": "ocm"}, "no bytes"),
        ({"signature": "!"}, "cannot be read"),
        ({"signature_input": "ocm=("}, "cannot be read"),
        ({"signature_input": SIGNED.headers["signature-input"] + ","}, "cannot be read"),
        ({"signature_input": SIGNED.headers["signature-input"] + ";tag=x"}, "twice"),
        ({"signature_input": "a" * 20000}, "more than"),
        ({"signature_input": 'ocm;tag="ocm"'}, "lists no covered components"),
        ({"signature_input": 'ocm="@method";tag="ocm"'}, "lists no covered components"),
        (
            {
                "signature_input": ", ".join(f'{x}=("@method");tag="ocm"' for x in "ab"),
                "signature": "a=:AA==:",
            },
            "2 signatures",
        ),
    ],
)
def test_fields_that_cannot_be_read_are_refused(headers, reason):
    """Malformed fields are not the same as no signature; two tagged ones refuse the message (OCM-SIG-074)."""
    with pytest.raises(SignatureError, match=reason) as refusal:
        tagged(change(SIGNED, **headers).headers)

    assert 401 == refusal.value.status


def test_two_good_signatures_are_one_too_many():
    """OCM-SIG-074 holds even if each would verify."""
    first, second = signed_by_hand(label="a").headers, signed_by_hand(label="b").headers
    both = {name: f"{first[name]}, {second[name]}" for name in ("signature-input", "signature")}

    with pytest.raises(SignatureError, match="2 signatures"):
        tagged(SIGNED.headers | both)


@pytest.mark.parametrize(
    ("covered", "reason"),
    [
        *[(tuple(c for c in COVERED if c != name), f"does not cover {name}") for name in COVERED],
        ((), "does not cover @method"),
        ((*COVERED, "@method"), "twice"),
        ('("@method";req "@target-uri" "content-digest" "content-length")', "without parameters"),
        ('("@method" "@target-uri" "content-digest";sf "content-length")', "without parameters"),
        ('(@method "@target-uri" "content-digest" "content-length")', "cannot be read"),
        ('(a "@method" "@target-uri" "content-digest" "content-length")', "without parameters"),
        ('("@METHOD" "@target-uri" "content-digest" "content-length")', "does not cover @method"),
    ],
)
def test_all_that_ocm_demands_must_be_covered(covered, reason):
    """OCM-SIG-060 to -063, though the signature itself is true."""
    with pytest.raises(SignatureError, match=reason):
        verify(signed_by_hand(covered=covered))


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"created": None}, "created is missing"),
        ({"created": f'"{NOW}"'}, "not an integer"),
        ({"created": f"{NOW}.0"}, "not an integer"),
        ({"created": "?1"}, "not an integer"),
        ({"created": str(NOW + 61)}, "61 s in the future"),
        ({"created": str(NOW - 301)}, "301 s ago"),
        ({"created": "-1"}, "ago"),
        ({"created": "0"}, "ago"),
        ({"created": "9" * 15}, "in the future"),
        ({"expires": str(NOW - 1)}, "expired 1 s ago"),
        ({"expires": '"later"'}, "expires is not an integer"),
        ({"expires": "?0"}, "expires is not an integer"),
        ({"keyid": None}, "keyid is missing"),
        ({"keyid": "alpha"}, "not a string"),
        ({"keyid": '"alpha.example.org#k2"'}, "is not the signing key"),
        ({"keyid": '""'}, "is not the signing key"),
        ({"alg": '"hmac-sha256"'}, "is not the algorithm"),
        ({"alg": '"ecdsa-p256-sha256"'}, "is not the algorithm"),
        ({"alg": '"Ed25519"'}, "is not the algorithm"),
        ({"alg": '"none"'}, "is not the algorithm"),
        ({"alg": '""'}, "is not the algorithm"),
        ({"alg": "ed25519"}, "alg is not a string"),
    ],
)
def test_parameters_must_be_right(params, reason):
    """OCM-SIG-050 and -064 to -067, though the signature itself is true."""
    with pytest.raises(SignatureError, match=reason):
        verify(signed_by_hand(**params))


def test_an_algorithm_without_a_name_must_not_be_named():
    """OCM-SIG-051: RS512 is not in the HTTP registry, so nothing can stand in alg."""
    key = PrivateKey.from_seed(KEY.kid, bytes(32), "RS512")

    assert verify(signed_by_hand(key=key, alg=None), key.public)
    with pytest.raises(SignatureError, match="is not the algorithm"):
        verify(signed_by_hand(key=key, alg='"rsa-v1_5-sha256"'), key.public)


@pytest.mark.parametrize("now", [NOW - 60, NOW, NOW + 300, NOW - 60.0, NOW + 299.9])
def test_a_signature_is_good_in_its_window(now):
    """From a minute early to five minutes late."""
    assert verify(SIGNED, now=now)


@pytest.mark.parametrize("now", [NOW - 60.5, NOW + 300.5])
def test_a_signature_is_not_good_outside_its_window(now):
    """Fractions of a second count."""
    with pytest.raises(SignatureError, match="created"):
        verify(SIGNED, now=now)


def test_the_window_can_be_another():
    """A stricter site says so."""
    found = tagged(SIGNED.headers)

    with pytest.raises(SignatureError, match="at most 10 s"):
        found.verify(SIGNED, KEY.public, NOW + 11, window=10)
    with pytest.raises(SignatureError, match="at most 1 s"):
        found.verify(SIGNED, KEY.public, NOW - 2, skew=1)


@pytest.mark.parametrize(
    "other", [PrivateKey.from_seed(KEY.kid, bytes(32)), PrivateKey.from_seed(KEY.kid, bytes(32), "ES256")]
)
def test_another_key_of_that_name_does_not_verify(other):
    """The name of a key proves nothing."""
    with pytest.raises(SignatureError):
        verify(SIGNED, other.public)


@pytest.mark.parametrize(
    "digest",
    [
        SHA256,
        SHA512,
        f"{SHA256}, {SHA512}",
        f"md5=:AAAA:, unixsum=5, {SHA256}",
    ],
)
def test_digests_that_fit_are_accepted(digest):
    """sha-256 and sha-512 are known; others are passed over."""
    assert verify(signed_by_hand(change(SIGNED, content_digest=digest)))


@pytest.mark.parametrize(
    "digest",
    [
        "",
        "md5=:AAAA:",
        "sha-256=:AAAA:",
        "sha-256=AAAA",
        "sha-256",
        "sha-256=(:AAAA:)",
        "sha-256=!",
        SHA512.replace("512", "256"),
        f"{SHA256}, sha-512=:AAAA:",
        f"sha-512=:AAAA:, {SHA256}",
        f"{SHA256}, {SHA256}",
        SHA256.replace("sha", "SHA"),
    ],
)
def test_a_digest_that_does_not_fit_is_refused(digest):
    """OCM-SIG-068 and -069: none known, or one that is wrong among right ones, is 400 and not 401."""
    with pytest.raises(BodyMismatch) as refusal:
        verify(signed_by_hand(change(SIGNED, content_digest=digest)))

    assert 400 == refusal.value.status


@pytest.mark.parametrize("length", ["73", "075", "074", "+74", "74.0", "", "seventy-four", "\uff17\uff14"])
def test_the_length_must_be_that_of_the_body(length):
    """Another length, or the right one spelled otherwise, is refused."""
    with pytest.raises((BodyMismatch, SignatureError)):
        verify(signed_by_hand(change(SIGNED, content_length=length)))


@pytest.mark.parametrize("name", ["content_digest", "content_length"])
def test_a_covered_field_must_be_there(name):
    """A field that is covered and missing cannot be signed."""
    with pytest.raises(SignatureError, match="is covered and not there"):
        verify(change(SIGNED, **{name: None}))


def test_an_empty_body_can_be_signed():
    """A request without content has a digest and a length, too."""
    assert verify(sign(Request("POST", "https://beta.example.org/ocm/token"), KEY, NOW))


def test_a_line_end_cannot_be_smuggled_in():
    """A method that spells out the lines after it would make one base of two requests."""
    url = "https://evil.example.org/"
    method = f'POST\n"@target-uri": {url}'

    with pytest.raises(SignatureError, match="cannot be signed"):
        sign(Request(method, url, {}, b""), KEY, NOW)
    with pytest.raises(SignatureError, match="cannot be signed"):
        verify(change(msgspec.structs.replace(SIGNED, method=method)))


@pytest.mark.parametrize("url", ["https://beta.example.org/é", "https://beta.example.org/\ud800"])
def test_only_ascii_can_be_signed(url):
    """A URL is ASCII; whatever else came is refused and breaks nothing."""
    with pytest.raises(SignatureError, match="cannot be signed"):
        verify(msgspec.structs.replace(SIGNED, url=url))


def test_a_body_must_have_been_read():
    """To sign a stream is a mistake of ours, not of a peer."""

    async def chunks():
        yield b""

    with pytest.raises(TypeError, match="has been read"):
        content(Request("POST", "https://beta.example.org/", {}, chunks()))


@pytest.mark.parametrize(
    "other",
    [
        {"method": "PUT"},
        {"url": "https://beta.example.org/ocm/shares"},
        {"url": "https://gamma.example.org/ocm/token"},
        {"url": "http://beta.example.org/ocm/token"},
        {"url": "https://beta.example.org/ocm/token?"},
        {"url": "https://beta.example.org:8443/ocm/token"},
    ],
)
def test_a_signature_is_for_one_method_and_url(other):
    """OCM-SIG-078: elsewhere it is worth nothing."""
    with pytest.raises(SignatureError, match="false"):
        verify(msgspec.structs.replace(SIGNED, **other))


def test_a_wrong_body_is_told_only_to_who_signed():
    """Body and signature both wrong: the signature is what counts (401)."""
    body = msgspec.structs.replace(SIGNED, body=b"x" * 74)

    with pytest.raises(BodyMismatch):
        verify(body)
    with pytest.raises(SignatureError):
        verify(change(body, signature="ocm=:AAAA:"))


def flip(text, position, bit):
    """One bit of one character changed; the character stays ASCII."""
    position %= len(text)
    return text[:position] + chr(ord(text[position]) ^ 1 << bit) + text[position + 1 :]


@given(
    st.sampled_from(
        ["method", "url", "body", "content-digest", "content-length", "signature-input", "signature"]
    ),
    st.integers(0, 200),
    st.integers(0, 6),
)
def test_no_byte_can_be_altered(part, position, bit):
    """A change of any bit of what is signed, or of the signature, is noticed."""
    if part == "body":
        altered = msgspec.structs.replace(SIGNED, body=flip(SIGNED.body.decode(), position, bit).encode())
    elif part in ("method", "url"):
        altered = msgspec.structs.replace(SIGNED, **{part: flip(getattr(SIGNED, part), position, bit)})
    else:
        altered = change(SIGNED, **{part: flip(SIGNED.headers[part], position, bit)})
    try:
        good = verify(altered)
    except OcmError:
        good = False

    assert not good


SNIPPETS = st.sampled_from(
    [
        "ocm",
        "sig1",
        "=",
        "(",
        ")",
        '"@method"',
        '"content-digest"',
        ";",
        ",",
        " ",
        'tag="ocm"',
        "created=1",
        ":AA==:",
        "é",
    ]
)
JUNK = st.text() | st.lists(SNIPPETS, max_size=20).map("".join)


@given(JUNK, JUNK, JUNK, JUNK)
def test_any_headers_give_a_value_or_a_refusal(field, signature, digest, length):
    """Nothing but OcmError ever comes out of what a peer wrote."""
    request = change(
        SIGNED, signature_input=field, signature=signature, content_digest=digest, content_length=length
    )
    try:
        good = verify(request)
    except OcmError:
        good = False

    assert not good


@given(JUNK, JUNK)
def test_any_field_in_a_true_signature_gives_a_value_or_a_refusal(digest, length):
    """Nor out of what a peer really signed."""
    request = change(SIGNED, content_digest=digest.strip(" \t"), content_length=length.strip(" \t"))
    try:
        good = verify(signed_by_hand(request))
    except (OcmError, UnicodeEncodeError):  # the latter from the test's own signing
        good = False

    assert not good
