"""Keys: what a JWK Set may hold, what is left out of it and why, and signatures by each algorithm."""

import json
from hashlib import sha256

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from meshsim.ocm import base64url
from meshsim.ocm.errors import OcmError
from meshsim.ocm.keys import MAX_KEYS, SIGNING, JwkSet, PrivateKey, PublicKey, rsa_members

SEED = bytes(range(32))
KEYS = {alg: PrivateKey.from_seed("alpha.example.org#k1", SEED, alg) for alg in SIGNING}
ED25519 = KEYS["Ed25519"].jwk()
DATA = b"what is signed"

# The order of the prime order group of Ed25519 (RFC 8032, 5.1).
ORDER = 2**252 + 27742317777372353535851937790883648493


def jwk(of="Ed25519", /, **changes):
    """The JWK of a good key with members changed, or taken away where they are None."""
    members = KEYS[of].jwk() | changes
    return {name: value for name, value in members.items() if value is not None}


def test_an_ed25519_seed_gives_the_published_key():
    """The seed of our vector is the private key itself; the JWK holds nothing secret."""
    expected = {
        "kty": "OKP",
        "use": "sig",
        "kid": "alpha.example.org#k1",
        "alg": "Ed25519",
        "crv": "Ed25519",
        "x": "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg",
    }

    assert expected == ED25519


def test_a_key_of_rfc_9421_verifies_its_signature():
    """Appendix B.2.6 of RFC 9421: key, signature base and signature as printed."""
    key = PublicKey.parse(
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "alg": "Ed25519",
            "kid": "test-key-ed25519",
            "x": "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs",
        }
    )
    private = PrivateKey.from_seed(key.kid, base64url.decode("n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU"))
    base = (
        b'"date": Tue, 20 Apr 2021 02:07:55 GMT\n"@method": POST\n"@path": /foo\n"@authority": example.com\n'
        b'"content-type": application/json\n"content-length": 18\n"@signature-params": ("date" "@method"'
        b' "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"'
    )
    signature = base64url.decode(
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw"
    )

    assert key.verify(signature, base)
    assert key == private.public
    assert signature == private.sign(base)


@pytest.mark.parametrize("alg", SIGNING)
def test_one_seed_gives_one_key_and_one_signature(alg):
    """Keys and signatures follow from the seed, whatever the algorithm."""
    again = PrivateKey.from_seed("alpha.example.org#k1", SEED, alg)

    assert KEYS[alg].jwk() == again.jwk()
    assert KEYS[alg].sign(DATA) == again.sign(DATA)
    assert KEYS[alg].jwk() != PrivateKey.from_seed("alpha.example.org#k1", bytes(32), alg).jwk()


def test_generated_keys_stay_the_same_between_releases():
    """The thumbprints of the keys of one seed, so that a change of a library does not go unseen."""
    thumbprints = {
        alg: sha256(json.dumps(KEYS[alg].public.members).encode()).hexdigest()[:16] for alg in SIGNING
    }

    assert {
        "Ed25519": "781c0635bb57c6da",
        "EdDSA": "781c0635bb57c6da",
        "ES256": "20f150055692a1a3",
        "ES384": "3907f6639be15ac0",
        "RS256": "d5b35ca1b542ee92",
        "RS512": "d5b35ca1b542ee92",
    } == thumbprints


@pytest.mark.parametrize("alg", SIGNING)
def test_a_signature_is_of_one_key_one_text_and_unaltered(alg):
    """Another text, another key, and any shortened, lengthened or altered signature are refused."""
    key = PublicKey.parse(KEYS[alg].jwk())
    other = PrivateKey.from_seed("alpha.example.org#k1", bytes(32), alg)
    signature = KEYS[alg].sign(DATA)

    assert key.verify(signature, DATA)
    assert not key.verify(signature, DATA + b"!")
    assert not key.verify(other.sign(DATA), DATA)
    assert not key.verify(signature[:-1], DATA)
    assert not key.verify(signature + b"\x00", DATA)
    assert not key.verify(b"", DATA)
    assert not key.verify(bytes(len(signature)), DATA)
    assert not key.verify(signature[:10] + bytes([signature[10] ^ 1]) + signature[11:], DATA)


@pytest.mark.parametrize("alg", SIGNING)
def test_a_published_key_comes_back_from_its_set(alg):
    """A key, published and parsed, is the same value and can be found by its kid."""
    keys = JwkSet.parse(JwkSet((KEYS[alg].public,)).document())

    assert KEYS[alg].public == keys.find("alpha.example.org#k1")
    assert hash(KEYS[alg].public) == hash(keys.find("alpha.example.org#k1"))
    assert keys.find("alpha.example.org#K1") is None
    assert () == keys.rejected


def test_a_set_is_read_from_bytes():
    """The document at jwksUri is JSON."""
    keys = JwkSet.parse(json.dumps({"keys": [ED25519]}).encode())

    assert (KEYS["Ed25519"].public,) == keys.keys


def test_ps512_signatures_verify():
    """rsa-pss-sha512 of others is understood, though we never sign with it (its salt is random)."""
    private = rsa.generate_private_key(65537, 2048)
    jwk = {"kty": "RSA", "kid": "k", "alg": "PS512", **dict(rsa_members(private.public_key()))}
    signature = private.sign(DATA, padding.PSS(padding.MGF1(hashes.SHA512()), 64), hashes.SHA512())

    assert PublicKey.parse(jwk).verify(signature, DATA)
    assert not PublicKey.parse(jwk | {"alg": "RS512"}).verify(signature, DATA)
    with pytest.raises(ValueError, match="PS512"):
        PrivateKey.from_seed("k", SEED, "PS512")


def test_the_algorithm_is_that_of_the_key():
    """The same RSA signature is good under RS256 and bad under RS512."""
    signature = KEYS["RS256"].sign(DATA)

    assert PublicKey.parse(jwk("RS256")).verify(signature, DATA)
    assert not PublicKey.parse(jwk("RS256", alg="RS512")).verify(signature, DATA)


@pytest.mark.parametrize(
    ("bad", "fields"),
    [
        ([], "keys"),
        (jwk(kid=None), "kid"),
        (jwk(kid=""), "kid"),
        (jwk(kid=5), "kid"),
        (jwk(kty=None), "kty"),
        (jwk(kty="oct"), "kty"),
        (jwk(alg=None), "alg"),
        (jwk(alg="none"), "alg"),
        (jwk(alg="None"), "alg"),
        (jwk(alg="HS256"), "alg"),
        (jwk(alg=["Ed25519"]), "alg"),
        (jwk(alg="ES256"), "kty crv"),
        (jwk(kty="oct", alg="HS256", crv=None, x=None, k="c2VjcmV0"), "k alg"),
        (jwk("ES256", kid=None, x="=", y="AAAA", use="enc", key_ops=[]), "kid use key_ops x y"),
        (jwk("RS256", kid=1, n="=", e=None), "kid n e"),
        (jwk(kid=None, kty=None, alg=None, d="c2VjcmV0"), "d kid kty alg"),
        (jwk(d="c2VjcmV0"), "d"),
        (jwk("RS256", p="c2VjcmV0"), "p"),
        (jwk(crv="Ed448"), "crv"),
        (jwk(crv=None), "crv"),
        (jwk("ES256", crv="P-384"), "crv"),
        (jwk("ES256", crv="secp256k1", alg="ES256K"), "alg"),
        (jwk("RS256", crv="P-256"), "crv"),
        (jwk(use="enc"), "use"),
        (jwk(key_ops=["sign"]), "key_ops"),
        (jwk(key_ops="verify"), "key_ops"),
        (jwk(x=None), "x"),
        (jwk(x="AAAA"), "x"),
        (jwk(x=ED25519["x"] + "="), "x"),
        (jwk(x=ED25519["x"][:-1] + "é"), "x"),
        (jwk(x=7), "x"),
        (jwk("ES256", x=jwk("ES256")["y"]), "x"),
        (jwk("ES256", y=None), "y"),
        (jwk("ES256", y="AAAA"), "y"),
        (jwk("RS256", n="AQAB"), "n"),
        (jwk("RS256", n=jwk("RS256")["n"][:171]), "n"),
        (jwk("RS256", n=jwk("RS256")["n"] * 5), "n"),
        (jwk("RS256", e="Ag"), "e"),
        (jwk("RS256", e="AQ"), "e"),
        (jwk("RS256", e="AQAAAAE"), "e"),
    ],
)
def test_an_unusable_key_is_left_out_and_its_fields_named(bad, fields):
    """One bad key does not spoil the set, and all that is wrong with it is told."""
    keys = JwkSet.parse({"keys": [bad, jwk("ES256", kid="good")]})
    with pytest.raises(OcmError) as refusal:
        PublicKey.parse(bad)

    assert (KEYS["ES256"].public.members,) == tuple(key.members for key in keys.keys)
    assert [f"keys[0].{refusal.value.message}"] == list(keys.rejected)
    assert fields.split() == [problem.name for problem in refusal.value.problems]


@pytest.mark.parametrize("alg", ["Ed25519", "ES256", "ES384"])
def test_a_missing_alg_is_read_from_the_curve_only_on_request(alg):
    """Keys in the manner of 1.3 have no alg; RSA keys say nothing without it."""
    without = jwk(alg, alg=None)

    assert () == JwkSet.parse({"keys": [without]}).keys
    assert (KEYS[alg].public,) == JwkSet.parse({"keys": [without]}, infer_alg=True).keys
    assert () == JwkSet.parse({"keys": [jwk("RS256", alg=None)]}, infer_alg=True).keys


def test_two_keys_of_one_name_are_both_left_out():
    """A keyid has to name one key; the order in a set means nothing."""
    keys = JwkSet.parse({"keys": [jwk(), jwk("ES256"), jwk("ES256", kid="other")]})

    assert ["other"] == [key.kid for key in keys.keys]
    assert 2 == len(keys.rejected)


@pytest.mark.parametrize("document", [{}, {"keys": None}, {"keys": {}}, {"keys": [ED25519] * (MAX_KEYS + 1)}])
def test_what_is_no_key_set_is_refused(document):
    """A set without an array of keys, or with more than anybody has."""
    with pytest.raises(OcmError, match="keys"):
        JwkSet.parse(document)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = ["kid", "kty", "alg", "crv", "x", "y", "n", "e", "use", "key_ops"]


@given(
    st.sampled_from(SIGNING),
    st.dictionaries(st.sampled_from(MEMBERS), JSON | st.sampled_from([*SIGNING, "OKP", "EC", "RSA", "AQAB"])),
)
def test_any_members_give_a_set_or_a_reason(alg, changes):
    """Whatever is in a key, parsing ends with a usable key or one reason."""
    keys = JwkSet.parse({"keys": [KEYS[alg].jwk() | changes]})

    assert 1 == len(keys.keys) + len(keys.rejected)
    assert all(not key.verify(b"", DATA) for key in keys.keys)


@pytest.mark.parametrize(
    "point",
    [
        "00" * 32,
        "01" + "00" * 31,
        "ec" + "ff" * 30 + "7f",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "ee" + "ff" * 30 + "7f",
        "02" + "00" * 31,
    ],
)
def test_points_of_small_order_and_odd_spellings_are_no_keys(point):
    """With such a key one signature would fit many texts, so it is refused before it is used."""
    with pytest.raises(OcmError, match="prime order"):
        PublicKey.parse(jwk(x=base64url.encode(bytes.fromhex(point))))


def test_the_refused_points_would_let_a_forgery_pass():
    """cryptography takes the neutral point as a key, and then this signature for any text; that is why."""
    neutral = b"\x01" + bytes(31)
    key = Ed25519PublicKey.from_public_bytes(neutral)
    forged = neutral + bytes(32)

    assert key.verify(forged, DATA) is None
    assert key.verify(forged, b"another text") is None


def verdicts(signature):
    """What libsodium, through our key, and cryptography say of a signature of DATA."""
    public = KEYS["Ed25519"].public
    try:
        Ed25519PublicKey.from_public_bytes(public.material).verify(signature, DATA)
    except InvalidSignature:
        return public.verify(signature, DATA), False
    return public.verify(signature, DATA), True


def test_a_signature_has_no_second_form():
    """S plus the group order verifies nowhere (RFC 8032, 5.1.7), nor does R in another spelling."""
    signature = KEYS["Ed25519"].sign(DATA)
    s = int.from_bytes(signature[32:], "little")

    assert (True, True) == verdicts(signature)
    assert (False, False) == verdicts(signature[:32] + (s + ORDER).to_bytes(32, "little"))
    assert (False, False) == verdicts(signature[:31] + bytes([signature[31] ^ 0x80]) + signature[32:])
    assert (False, False) == verdicts(b"\xee" + b"\xff" * 30 + b"\x7f" + signature[32:])
    assert (False, False) == verdicts(b"\x01" + bytes(31) + signature[32:])


@given(st.integers(0, 511) | st.binary(max_size=70))
def test_two_libraries_judge_ed25519_alike(change):
    """Of altered and of arbitrary signatures libsodium and cryptography think the same."""
    signature = KEYS["Ed25519"].sign(DATA)
    if isinstance(change, int):
        altered = bytearray(signature)
        altered[change // 8] ^= 1 << change % 8
        change = bytes(altered)
    libsodium, cryptography = verdicts(change)

    assert libsodium == cryptography


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(33)])
def test_a_seed_has_32_bytes(seed):
    """A shorter seed would be a weaker key."""
    with pytest.raises(ValueError, match="32 bytes"):
        PrivateKey.from_seed("k", seed)


def test_nothing_secret_is_shown():
    """Neither the text of a private key nor its JWK tells the seed."""
    key = PrivateKey.from_seed("k", SEED)

    assert SEED.hex() not in repr(key)
    assert repr(SEED) not in repr(key)
    assert {"kty", "use", "kid", "alg", "crv", "x"} == key.jwk().keys()


def test_ecdsa_signatures_are_deterministic_as_rfc_6979_says():
    """Appendix A.2.5 of RFC 6979: P-256, SHA-256 and the text "sample"."""
    private = ec.derive_private_key(
        0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721, ec.SECP256R1()
    )
    key = PrivateKey.from_seed("k", SEED, "ES256")
    vars(key)["_secret"] = private

    assert (
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
    ) == key.sign(b"sample").hex()


def test_the_thumbprint_is_that_of_the_rfc():
    """RFC 8037, appendix A.3: the name and the use of a key are no part of it."""
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    key = PublicKey.parse({**jwk, "kid": "any", "alg": "Ed25519"})

    assert "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" == key.thumbprint()
