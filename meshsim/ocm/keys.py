"""Keys that sign: JWK, JWK Set (RFC 7517 as OCM profiles it) and the private keys of a site.

The algorithm belongs to the key and to nothing else; symmetric keys do not exist here. Ed25519 is
libsodium's, which signs 1.3 times and verifies 1.6 times as fast as cryptography does (400 bytes: 15 and
37 microseconds against 20 and 60) and refuses a little more; the rest is cryptography's.
"""

import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import cast

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from nacl import bindings as sodium
from nacl.exceptions import BadSignatureError

from meshsim.ocm import base64url, document
from meshsim.ocm.errors import OcmError, Problem

MAX_KEYS = 64
"""Keys in one set that are looked at; a longer set is refused unread."""

RSA_BITS = range(2048, 8192 + 1)
"""RFC 7518, 3.3 wants 2048 at least; beyond 8192 checking a signature would be a way to tire us."""

PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class Algorithm(msgspec.Struct, frozen=True):
    """One JOSE signature algorithm."""

    kty: str
    crv: str | None
    http: str | None
    """Its name in the HTTP signature registry, if it has one."""
    hash: hashes.HashAlgorithm | None = None
    pad: padding.AsymmetricPadding | None = None


ED25519 = Algorithm("OKP", "Ed25519", "ed25519")

ALGORITHMS = {
    "Ed25519": ED25519,
    "EdDSA": ED25519,  # not fully specified (RFC 9864), but deployed; the curve says the rest
    "ES256": Algorithm("EC", "P-256", "ecdsa-p256-sha256", hashes.SHA256()),
    "ES384": Algorithm("EC", "P-384", "ecdsa-p384-sha384", hashes.SHA384()),
    "RS256": Algorithm("RSA", None, "rsa-v1_5-sha256", hashes.SHA256(), padding.PKCS1v15()),
    "RS512": Algorithm("RSA", None, None, hashes.SHA512(), padding.PKCS1v15()),
    "PS512": Algorithm(
        "RSA", None, "rsa-pss-sha512", hashes.SHA512(), padding.PSS(padding.MGF1(hashes.SHA512()), 64)
    ),
}

SIGNING = ("Ed25519", "EdDSA", "ES256", "ES384", "RS256", "RS512")
"""What we sign with ourselves: all but PS512, whose signatures are random by design."""

CURVES: dict[str, ec.EllipticCurve] = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}
INFERRED = {("OKP", "Ed25519"): "Ed25519", ("EC", "P-256"): "ES256", ("EC", "P-384"): "ES384"}

Material = bytes | ec.EllipticCurvePublicKey | rsa.RSAPublicKey


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A usable key out of a JWK Set; checking a signature with it costs the arithmetic only."""

    kid: str
    alg: str
    members: tuple[tuple[str, str], ...]
    """What `kty` demands, as published: crv and x, or n and e."""
    material: Material = field(compare=False, repr=False)

    @classmethod
    def parse(cls, jwk: object, *, infer_alg: bool = False) -> "PublicKey":
        """OcmError names each bad member. `infer_alg` reads keys without `alg` (1.3 and 1.4 texts)."""
        if not isinstance(jwk, Mapping):
            raise OcmError.naming(Problem("keys", "a key must be a JSON object"))
        alg, form = jwk.get("alg"), (jwk.get("kty"), jwk.get("crv"))
        if infer_alg and "alg" not in jwk:
            alg = next((known for of, known in INFERRED.items() if of == form), None)
        algorithm = ALGORITHMS.get(alg) if isinstance(alg, str) else None
        problems = list(_faults(jwk, alg, algorithm))
        if algorithm is None or form != (algorithm.kty, algorithm.crv):
            raise OcmError.naming(*problems)
        names, load = LOADERS[algorithm.kty]
        try:
            material = load(jwk)
        except OcmError as error:
            raise OcmError.naming(*problems, *error.problems) from error
        if problems:
            raise OcmError.naming(*problems)
        return cls(jwk["kid"], str(alg), tuple((name, jwk[name]) for name in names), material)

    @property
    def algorithm(self) -> Algorithm:
        """What `alg` stands for."""
        return ALGORITHMS[self.alg]

    def verify(self, signature: bytes, data: bytes) -> bool:
        """Whether this key made the signature. ECDSA signatures are r and s side by side (RFC 7518, 3.4)."""
        key = self.material
        if isinstance(key, bytes):
            # libsodium takes them joined, so another length would shift the data.
            if len(signature) != sodium.crypto_sign_BYTES:
                return False
            try:
                sodium.crypto_sign_open(signature + data, key)
            except BadSignatureError:
                return False
            return True
        algorithm = self.algorithm
        digest = cast(hashes.HashAlgorithm, algorithm.hash)
        try:
            if isinstance(key, rsa.RSAPublicKey):
                key.verify(signature, data, cast(padding.AsymmetricPadding, algorithm.pad), digest)
            else:
                size = (key.key_size + 7) // 8
                if len(signature) != 2 * size:
                    return False
                r, s = int.from_bytes(signature[:size]), int.from_bytes(signature[size:])
                key.verify(utils.encode_dss_signature(r, s), data, ec.ECDSA(digest))
        except InvalidSignature:
            return False
        return True

    def jwk(self) -> dict[str, object]:
        """The JWK to publish."""
        return {
            "kty": self.algorithm.kty,
            "use": "sig",
            "kid": self.kid,
            "alg": self.alg,
            **dict(self.members),
        }

    def thumbprint(self) -> str:
        """What tells this key from others, whatever it is called (RFC 7638)."""
        members = {"kty": self.algorithm.kty, **dict(self.members)}
        return base64url.encode(hashlib.sha256(document.dump(dict(sorted(members.items())))).digest())


@dataclass(frozen=True)
class PrivateKey:
    """A signing key that follows from a seed; nothing is computed until it is used."""

    kid: str
    seed: bytes = field(repr=False)
    alg: str = "Ed25519"

    @classmethod
    def from_seed(cls, kid: str, seed: bytes, alg: str = "Ed25519") -> "PrivateKey":
        """`seed` is 32 bytes (for Ed25519 the private key itself). ValueError for what cannot be made."""
        if len(seed) != 32:
            raise ValueError("a seed has 32 bytes")
        if alg not in SIGNING:
            raise ValueError(f"no signing with {alg!r}; there are: {', '.join(SIGNING)}")
        return cls(kid, seed, alg)

    @property
    def algorithm(self) -> Algorithm:
        """What `alg` stands for."""
        return ALGORITHMS[self.alg]

    @cached_property
    def _secret(self) -> bytes | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
        algorithm = self.algorithm
        if algorithm.kty == "OKP":
            return sodium.crypto_sign_seed_keypair(self.seed)[1]
        if algorithm.kty == "EC":
            curve = CURVES[cast(str, algorithm.crv)]
            # 64 more bits than the order has, so that the remainder is even (FIPS 186-5, A.2.1).
            wide = int.from_bytes(_stream(self.seed, self.alg, curve.key_size // 8 + 8))
            return ec.derive_private_key(wide % (curve.group_order - 1) + 1, curve)
        return _rsa(self.seed)

    @cached_property
    def public(self) -> PublicKey:
        """The key that checks what this one signs."""
        secret, crv = self._secret, self.algorithm.crv or ""
        if isinstance(secret, bytes):
            x = secret[32:]
            return PublicKey(self.kid, self.alg, (("crv", crv), ("x", base64url.encode(x))), x)
        key = secret.public_key()
        if isinstance(key, ec.EllipticCurvePublicKey):
            size, point = (key.key_size + 7) // 8, key.public_numbers()
            x, y = point.x.to_bytes(size), point.y.to_bytes(size)
            return PublicKey(
                self.kid,
                self.alg,
                (("crv", crv), ("x", base64url.encode(x)), ("y", base64url.encode(y))),
                key,
            )
        return PublicKey(self.kid, self.alg, rsa_members(key), key)

    def sign(self, data: bytes) -> bytes:
        """The signature, always the same for the same data."""
        secret = self._secret
        if isinstance(secret, bytes):
            return sodium.crypto_sign(data, secret)[:64]
        algorithm = self.algorithm
        digest = cast(hashes.HashAlgorithm, algorithm.hash)
        if isinstance(secret, rsa.RSAPrivateKey):
            return secret.sign(data, cast(padding.AsymmetricPadding, algorithm.pad), digest)
        size = (secret.key_size + 7) // 8
        der = secret.sign(data, ec.ECDSA(digest, deterministic_signing=True))
        return b"".join(number.to_bytes(size) for number in utils.decode_dss_signature(der))

    def jwk(self) -> dict[str, object]:
        """The JWK to publish, without anything secret."""
        return self.public.jwk()


class JwkSet(msgspec.Struct, frozen=True):
    """The usable keys of a server; why the others are not is told in `rejected`."""

    keys: tuple[PublicKey, ...] = ()
    rejected: tuple[str, ...] = ()

    @classmethod
    def parse(cls, raw: bytes | Mapping[str, object], *, infer_alg: bool = False) -> "JwkSet":
        """From the document at jwksUri. OcmError if it is not a JWK Set; a bad key in it is only left out."""
        keys = (document.load(raw) if isinstance(raw, bytes) else raw).get("keys")
        if not isinstance(keys, list):
            raise OcmError.naming(Problem("keys", "must be an array"))
        if len(keys) > MAX_KEYS:
            raise OcmError.naming(Problem("keys", f"more than {MAX_KEYS} keys"))
        names = [key.get("kid") if isinstance(key, Mapping) else None for key in keys]
        seen = Counter(name for name in names if isinstance(name, str))
        usable, rejected = [], []
        for number, (name, key) in enumerate(zip(names, keys, strict=True)):
            try:
                # keyid must name one key; which of two was meant nobody can say.
                if isinstance(name, str) and seen[name] > 1:
                    raise OcmError.naming(Problem("kid", f"{name!r} is not the only key of that name"))
                usable.append(PublicKey.parse(key, infer_alg=infer_alg))
            except OcmError as error:
                rejected.append(f"keys[{number}].{error.message}")
        return cls(tuple(usable), tuple(rejected))

    def find(self, kid: str) -> PublicKey | None:
        """The key of exactly that name."""
        for key in self.keys:
            if key.kid == kid:
                return key
        return None

    def document(self) -> dict[str, object]:
        """The set to publish."""
        return {"keys": [key.jwk() for key in self.keys]}


def named_host(kid: str) -> str:
    """The server that a key is named after, as in `example.org#1` or a URL; it may be no name of one."""
    return kid.partition("#")[0].rpartition("//")[2]


def _faults(jwk: Mapping[str, object], alg: object, algorithm: Algorithm | None) -> Iterator[Problem]:
    """What is wrong with a JWK, but for the members that its kind of key has."""
    for name in sorted(PRIVATE_MEMBERS & jwk.keys()):
        yield Problem(name, "this is a secret and has been published")
    for name in ("kid", "kty"):
        if (reason := _not_text(jwk, name)) is not None:
            yield Problem(name, reason)
    if algorithm is None:
        unknown = f"{alg!r:.60} is not an asymmetric signature algorithm this server knows"
        yield Problem("alg", unknown if "alg" in jwk else "is missing")
    else:
        for name, wanted in (("kty", algorithm.kty), ("crv", algorithm.crv)):
            if name in jwk and jwk[name] != wanted:
                yield Problem(name, f"{alg} needs {wanted}, not {jwk[name]!r:.60}")
            elif name not in jwk and wanted is not None and name != "kty":
                yield Problem(name, "is missing")
    if jwk.get("use", "sig") != "sig":
        yield Problem("use", "the key is not for signatures")
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        yield Problem("key_ops", "the key is not for verifying")


def _not_text(jwk: Mapping[str, object], name: str) -> str | None:
    value = jwk.get(name)
    if isinstance(value, str) and value:
        return None
    return "must be a string that is not empty" if name in jwk else "is missing"


def _octets(jwk: Mapping[str, object], *names: str, size: int | None = None) -> list[bytes]:
    """What these members hold, each of `size` bytes; OcmError names all that are bad."""
    found, problems = [], []
    for name in names:
        reason = _not_text(jwk, name)
        if reason is None:
            try:
                found.append(base64url.decode(str(jwk[name])))
            except ValueError:
                reason = "must be base64url without padding"
            else:
                if size is not None and len(found[-1]) != size:
                    reason = f"must have {size} bytes, not {len(found[-1])}"
        if reason is not None:
            problems.append(Problem(name, reason))
    if problems:
        raise OcmError.naming(*problems)
    return found


def rsa_members(key: rsa.RSAPublicKey) -> tuple[tuple[str, str], ...]:
    """n and e as a JWK has them."""
    numbers = key.public_numbers()
    return tuple(
        (name, base64url.encode(number.to_bytes((number.bit_length() + 7) // 8)))
        for name, number in (("n", numbers.n), ("e", numbers.e))
    )


def _load_okp(jwk: Mapping[str, object]) -> Material:
    (x,) = _octets(jwk, "x", size=32)
    # With a key of small order one signature fits many messages, so no honest key is one.
    if not sodium.crypto_core_ed25519_is_valid_point(x):
        raise OcmError.naming(Problem("x", "is not a point of the prime order group of Ed25519"))
    return x


def _load_ec(jwk: Mapping[str, object]) -> Material:
    curve = CURVES[cast(str, jwk["crv"])]
    size = (curve.key_size + 7) // 8
    x, y = map(int.from_bytes, _octets(jwk, "x", "y", size=size))
    try:
        return ec.EllipticCurvePublicNumbers(x, y, curve).public_key()
    except ValueError:
        raise OcmError.naming(Problem("x", f"x and y are not a point of {curve.name}")) from None


def _load_rsa(jwk: Mapping[str, object]) -> Material:
    n, e = map(int.from_bytes, _octets(jwk, "n", "e"))
    if n.bit_length() not in RSA_BITS:
        raise OcmError.naming(
            Problem("n", f"{n.bit_length()} bits; {RSA_BITS[0]} to {RSA_BITS[-1]} are allowed")
        )
    if e.bit_length() > 32:
        raise OcmError.naming(Problem("e", "is larger than anybody needs"))
    try:
        return rsa.RSAPublicNumbers(e, n).public_key()
    except ValueError:
        raise OcmError.naming(Problem("e", "n and e are not an RSA key")) from None


LOADERS: dict[str, tuple[tuple[str, ...], Callable[[Mapping[str, object]], Material]]] = {
    "OKP": (("crv", "x"), _load_okp),
    "EC": (("crv", "x", "y"), _load_ec),
    "RSA": (("n", "e"), _load_rsa),
}


def _stream(seed: bytes, purpose: str, count: int, block: int = 0) -> bytes:
    """`count` bytes that only who knows the seed can tell from chance."""
    return hashlib.shake_256(b"%b/%b/%d" % (seed, purpose.encode(), block)).digest(count)


@lru_cache(maxsize=16)
def _rsa(seed: bytes) -> rsa.RSAPrivateKey:
    # cryptography cannot generate a key from a seed. Takes 0.1 to 0.7 s, and only sites with RSA keys need
    # it; the conformance suite makes the same site anew for each test.
    from Crypto.PublicKey import RSA

    blocks = itertools.count()
    key = RSA.generate(2048, lambda count: _stream(seed, "RSA", count, next(blocks)))
    public = rsa.RSAPublicNumbers(key.e, key.n)
    dmp1, dmq1 = rsa.rsa_crt_dmp1(key.d, key.p), rsa.rsa_crt_dmq1(key.d, key.q)
    iqmp = rsa.rsa_crt_iqmp(key.p, key.q)
    return rsa.RSAPrivateNumbers(key.p, key.q, key.d, dmp1, dmq1, iqmp, public).private_key()
