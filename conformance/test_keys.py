"""The keys of a site (draft section 6)."""

from conformance import Blocked, needs, requirement

ASYMMETRIC = {
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "ES256K", "EdDSA"),
    *("Ed25519", "Ed448", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87", "ESP256", "ESP384", "ESP512"),
}
PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}


def keys(site):
    """The keys, each of them an object; Blocked if there is no key set, which is judged elsewhere."""
    found = site.keys.get("keys") if isinstance(site.keys, dict) else None
    if not isinstance(found, list) or not found or not all(isinstance(key, dict) for key in found):
        raise Blocked("jwksUri gives no key set")
    return found


@requirement("OCM-SIG-001")
@needs(capability="http-sig")
def test_there_is_a_key_set(site):
    """jwksUri leads to a JWK Set with a key in it, and nothing private."""
    answer = site.get(str(site.document["jwksUri"]))

    assert 200 == answer.status_code
    assert answer.document.get("keys")
    for key in answer.document["keys"]:
        assert not PRIVATE & key.keys()


@requirement("OCM-SIG-040")
@needs(capability="http-sig")
def test_every_key_has_a_name(site):
    """kid, by which keyid finds it."""
    for key in keys(site):
        assert isinstance(key.get("kid"), str)


@requirement("OCM-SIG-041")
@needs(capability="http-sig")
def test_every_key_has_an_algorithm(site):
    """alg, since the algorithm is the key's."""
    for key in keys(site):
        assert isinstance(key.get("alg"), str)


@requirement("OCM-SIG-042")
@needs(capability="http-sig")
def test_every_algorithm_is_asymmetric(site):
    """A registered one, that fits kty."""
    for key in keys(site):
        assert key.get("alg") in ASYMMETRIC
        assert KINDS.get(key["alg"][:2], key.get("kty")) == key.get("kty")


@requirement("OCM-SIG-047")
@needs(capability="http-sig")
def test_no_key_is_symmetric(site):
    """What verifies a MAC could make it."""
    for key in keys(site):
        assert "oct" != key.get("kty")


@requirement("OCM-SIG-043")
@needs(capability="http-sig")
def test_algorithms_are_fully_specified(site):
    """Ed25519, and not EdDSA."""
    for key in keys(site):
        assert "EdDSA" != key.get("alg")


@requirement("OCM-SIG-044")
@needs(capability="http-sig")
def test_there_is_a_key_of_the_recommended_kind(site):
    """Ed25519."""
    assert "Ed25519" in [key.get("crv") for key in keys(site)]
