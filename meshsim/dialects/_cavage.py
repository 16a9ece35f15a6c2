"""Signatures of OCM 1.2: one Signature field after draft-cavage-http-signatures, keys from `publicKey`.

Pure functions for the accents of that time; RFC 9421 took their place.
"""

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import replace
from email.utils import formatdate, parsedate_to_datetime

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from meshsim.ocm.errors import OcmError
from meshsim.ocm.keys import PrivateKey, PublicKey, rsa_members
from meshsim.ocm.signatures import (
    SKEW,
    WINDOW,
    SignatureError,
    check_content_digest,
    check_length,
    content,
    match_digests,
)
from meshsim.wire import Request

TARGET = "(request-target)"
SIGNED = (TARGET, "content-length", "date", "digest", "host")

ALGORITHMS = {"rsa-sha256": "RS256", "rsa-sha512": "RS512"}
"""What deployed servers use, by the name of the JOSE algorithm."""

LIMIT = 8 * 1024
"""Characters of the field that are looked at."""

FIELD = re.compile(r'(?:[a-zA-Z]++=(?:"[^"\\]*+"|[0-9]++)(?: *+, *+(?=[a-zA-Z])|$))++', re.ASCII)
PARAM = re.compile(r'([a-zA-Z]++)="?([^",]*+)', re.ASCII)


class Signature(msgspec.Struct, frozen=True):
    """What the Signature field of a request claims: not yet verified."""

    keyid: str
    algorithm: str
    names: tuple[str, ...]
    """The signed fields, in order."""
    value: bytes

    def verify(
        self, request: Request, key: PublicKey, now: float, *, window: float = WINDOW, skew: float = SKEW
    ) -> None:
        """Returns if `key` signed this request, whose body is bytes, at most `window` seconds before `now`.

        SignatureError (401) with the reason; BodyMismatch (400) if only the body is another one.
        """
        if key.kid != self.keyid:
            raise SignatureError(f"key {key.kid!r} is not the signing key {self.keyid!r}")
        if key.algorithm.kty != "RSA":
            raise SignatureError(f"{self.algorithm} needs an RSA key")
        age = now - _time(request.headers.get("date", ""))
        if not -skew <= age <= window:
            raise SignatureError(f"dated {age:.0f} s ago; {-skew:.0f} to {window:.0f} s are allowed")
        # What was signed for another host must not count here.
        if request.headers.get("host", "").strip().lower() != request.target.authority.lower():
            raise SignatureError("Host is not the host of the URL")
        # publicKey says nothing of algorithms; both that we know are asymmetric and of one strength.
        if not replace(key, alg=ALGORITHMS[self.algorithm]).verify(
            self.value, _base(request, request.headers, self.names)
        ):
            raise SignatureError(f"signature by {self.keyid!r} is false")
        check_length(request.headers, content(request))
        if "content-digest" in self.names:
            check_content_digest(request.headers, content(request))
        if "digest" in self.names:
            match_digests(_instances(request.headers["digest"]), content(request))


def signed(headers: Mapping[str, str]) -> Signature | None:
    """The old signature, or None if there is none (RFC 9421 has a Signature field, too).

    SignatureError if the field cannot be read or signs too little (OCM-LEG-007).
    """
    field = headers.get("signature")
    if field is None or "signature-input" in headers:
        return None
    if len(field) > LIMIT or FIELD.fullmatch(field) is None:
        raise SignatureError("Signature cannot be read")
    found = PARAM.findall(field)
    params = dict(found)
    if len(params) != len(found):
        raise SignatureError("Signature names a parameter twice")
    for name in ("keyId", "algorithm", "headers", "signature"):
        if not params.get(name):
            raise SignatureError(f"Signature has no {name}")
    if params["algorithm"] not in ALGORITHMS:
        raise SignatureError(f"algorithm {params['algorithm']!r} is none of {', '.join(ALGORITHMS)}")
    names = tuple(params["headers"].split(" "))
    for name in ("content-length", "date", "host"):
        if name not in names:
            raise SignatureError(f"the signature does not cover {name}")
    if "digest" not in names and "content-digest" not in names:
        raise SignatureError("the signature covers no digest of the body")
    if len(set(names)) != len(names):
        raise SignatureError("a field is covered twice")
    try:
        value = b64decode(params["signature"], validate=True)
    except ValueError:
        value = b""
    if b64encode(value).decode() != params["signature"]:
        raise SignatureError("Signature is not base64")
    return Signature(params["keyId"], params["algorithm"], names, value)


def sign(request: Request, key: PrivateKey, now: float) -> Request:
    """The request with Date, Digest, Host and Signature; its body is bytes, its key RS256 or RS512."""
    algorithm = next(name for name, alg in ALGORITHMS.items() if alg == key.alg)
    body = content(request)
    headers = {
        **request.headers,
        "content-length": str(len(body)),
        "date": formatdate(now, usegmt=True),
        "digest": f"SHA-256={b64encode(hashlib.sha256(body).digest()).decode()}",
        "host": request.target.authority,
    }
    value = b64encode(key.sign(_base(request, headers, SIGNED))).decode()
    headers["signature"] = (
        f'keyId="{key.kid}",algorithm="{algorithm}",headers="{" ".join(SIGNED)}",signature="{value}"'
    )
    return msgspec.structs.replace(request, headers=headers)


def public_key(key: PublicKey) -> dict[str, str]:
    """The `publicKey` of a discovery document."""
    if isinstance(key.material, bytes):
        raise TypeError("the old signatures are made with RSA keys")
    pem = key.material.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return {"keyId": key.kid, "publicKeyPem": pem.decode()}


def parse_public_key(document: object) -> PublicKey:
    """The key of a discovery document's `publicKey`; OcmError."""
    if not isinstance(document, Mapping):
        raise OcmError("publicKey: must be an object")
    kid, pem = document.get("keyId"), document.get("publicKeyPem")
    if not isinstance(kid, str) or not isinstance(pem, str) or not pem.isascii():
        raise OcmError("publicKey: keyId and publicKeyPem must be strings")
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise OcmError("publicKey.publicKeyPem: is not a public key") from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise OcmError("publicKey.publicKeyPem: is not an RSA key")
    return PublicKey.parse({"kid": kid, "kty": "RSA", "alg": "RS256", **dict(rsa_members(key))})


def _base(request: Request, headers: Mapping[str, str], names: tuple[str, ...]) -> bytes:
    """The signing string (draft-cavage-http-signatures-12, 2.3)."""
    lines = []
    for name in names:
        if name == TARGET:
            target = request.target
            query = f"?{target.query}" if target.query else ""
            lines.append(f"{name}: {request.method.lower()} {target.path}{query}")
        elif name in headers:
            lines.append(f"{name}: {headers[name].strip()}")
        else:
            raise SignatureError(f"{name} is covered and not there")
    base = "\n".join(lines)
    if not base.isascii() or base.count("\n") != len(lines) - 1:
        raise SignatureError("a covered field has characters that cannot be signed")
    return base.encode()


def _instances(field: str) -> list[tuple[str, bytes]]:
    """The digests in a Digest field (RFC 3230), under the names that RFC 9530 has for them."""
    found = []
    for instance in field.split(","):
        name, _, text = instance.strip().partition("=")
        try:
            found.append((name.lower(), b64decode(text, validate=True)))
        except ValueError:
            found.append((name.lower(), b""))
    return found


def _time(date: str) -> float:
    try:
        # Only GMT is an HTTP date (RFC 9110, 5.6.7); without it the machine's own zone would be taken.
        if date.endswith(" GMT"):
            return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        pass
    raise SignatureError("Date is not an HTTP date")
