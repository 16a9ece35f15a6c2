"""HTTP Message Signatures (RFC 9421) as OCM profiles them (draft section on HTTP Message Signatures).

A site first asks `tagged` what a request claims, fetches the key of whom it claims to be from, and
lets `Tagged.verify` judge.
"""

import hashlib
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial

import msgspec

from meshsim.ocm import structured
from meshsim.ocm.errors import RemoteError, Unauthenticated
from meshsim.ocm.keys import ALGORITHMS, PrivateKey, PublicKey
from meshsim.ocm.structured import InnerList, Params
from meshsim.wire import Request

TAG = "ocm"
COVERED = ("@method", "@target-uri", "content-digest", "content-length")
WINDOW = 300.0
SKEW = 60.0
"""Seconds a signature stays fresh, and may come early (opencloudmesh-go uses the same)."""

SPACE = " \t"

DIGESTS = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
"""The secure ones of the registry for HTTP digests (RFC 9530, 5)."""


class SignatureError(Unauthenticated):
    """The signature is malformed, stale, of a wrong key, or false."""


class BodyMismatch(RemoteError):
    """The body is not the one that Content-Digest and Content-Length describe."""


class Tagged(msgspec.Struct, frozen=True, gc=False):
    """The one OCM signature of a request: what it claims, not yet verified."""

    keyid: str
    created: int
    """Seconds since the Unix epoch."""
    expires: int | None
    alg: str | None
    """Its name in the HTTP signature registry."""
    covered: tuple[str, ...]
    params: str
    """The value of @signature-params."""
    signature: bytes

    def verify(
        self, request: Request, key: PublicKey, now: float, *, window: float = WINDOW, skew: float = SKEW
    ) -> None:
        """Returns if `key` signed this request, whose body is bytes, at most `window` seconds before `now`.

        SignatureError (401) with the reason; BodyMismatch (400) if only the body is another one.
        """
        if key.kid != self.keyid:
            raise SignatureError(f"key {key.kid!r} is not the signing key {self.keyid!r}")
        # The algorithm is the key's; the parameter may only repeat it (OCM-SIG-045, -050).
        if self.alg is not None and self.alg != ALGORITHMS[key.alg].http:
            raise SignatureError(f"alg {self.alg!r} is not the algorithm {key.alg} of key {key.kid!r}")
        age = now - self.created
        if age < -skew:
            raise SignatureError(f"created {-age:.0f} s in the future, at most {skew:.0f} s allowed")
        if age > window:
            raise SignatureError(f"created {age:.0f} s ago, at most {window:.0f} s allowed")
        if self.expires is not None and self.expires < now:
            raise SignatureError(f"expired {now - self.expires:.0f} s ago")
        headers = request.headers
        digest, length = _described(request)
        # As nearly all write them; whatever else means the same is looked at below.
        plain = headers.get("content-digest") == digest and headers.get("content-length") == length
        if plain and self.covered is COVERED:
            base = _usual_base(request, digest, length, self.params)
        else:
            base = _base(request, headers, self.covered, self.params)
        if not key.verify(self.signature, base):
            raise SignatureError(f"signature by {self.keyid!r} is false")
        if not plain:
            check_length(headers, content(request))
            check_content_digest(headers, content(request))


def tagged(headers: Mapping[str, str]) -> Tagged | None:
    """The signature with tag="ocm", or None if there is none: then the request counts as unsigned.

    SignatureError if there are several, if it lacks what OCM demands, or if the fields cannot be read.
    """
    field = headers.get("signature-input")
    if field is None:
        return None
    try:
        claimed = _claimed(field)
        if claimed is None:
            return None
        label, complete = claimed
        return complete(_signature(headers.get("signature", ""), label))
    except structured.Malformed as error:
        raise SignatureError(f"signature fields: {error.message}") from error


def _signature(field: str, label: str) -> bytes:
    """The bytes that a Signature has for a label; SignatureError if it has none."""
    start = len(label) + 2
    try:
        signature = a2b_base64(field[start:-1])
    except ValueError:
        signature = b""
    if field == f"{label}=:{b2a_base64(signature, newline=False).decode()}:":
        return signature  # as most write it: nothing else is in the field
    found = structured.parse(field).get(label)
    if found is None or not isinstance(found.value, bytes):
        raise SignatureError(f"Signature has no bytes for {label!r}")
    return found.value


# A peer writes the same into all that it signs within a second.
@lru_cache(maxsize=256)
def _claimed(field: str) -> tuple[str, Callable[[bytes], Tagged]] | None:
    """The label of the OCM signature that a Signature-Input describes, and what makes it `Tagged`."""
    inputs = structured.parse(field)
    labels = [label for label, value in inputs.items() if value.params.get("tag") == TAG]
    if not labels:
        return None
    if len(labels) > 1:
        raise SignatureError(f'{len(labels)} signatures have tag="{TAG}", only one may')
    components, params = inputs[labels[0]]
    if not isinstance(components, InnerList):
        raise SignatureError("Signature-Input lists no covered components")
    covered = _covered(components)
    created, keyid = params.get("created"), params.get("keyid")
    expires, alg = params.get("expires"), params.get("alg")
    # type() and not isinstance(): ?1 is no number.
    if type(created) is not int:
        raise SignatureError("signature parameter created is missing or not an integer")
    if type(keyid) is not str:
        raise SignatureError("signature parameter keyid is missing or not a string")
    if expires is not None and type(expires) is not int:
        raise SignatureError("signature parameter expires is not an integer")
    if alg is not None and type(alg) is not str:
        raise SignatureError("signature parameter alg is not a string")
    return labels[0], partial(Tagged, keyid, created, expires, alg, covered, _spell(covered, params))


def _covered(components: InnerList) -> tuple[str, ...]:
    """The names of the covered components; SignatureError unless all are there that must be."""
    items = components.items()
    names = tuple([item.value for item in items if isinstance(item.value, str) and not item.params])
    if len(names) != len(items):
        raise SignatureError("covered components must be names without parameters")
    if len(set(names)) != len(names):
        raise SignatureError("a component is covered twice")
    for name in COVERED:
        if name not in names:
            raise SignatureError(f"the signature does not cover {name}")
    return COVERED if names == COVERED else names


def _spell(covered: tuple[str, ...], params: Params) -> str:
    """The value of @signature-params (RFC 9421, 2.3)."""
    names = " ".join([f'"{name}"' for name in covered])
    return f"({names}){structured.write(params)}"


def sign(request: Request, key: PrivateKey, now: float, *, covered: tuple[str, ...] = COVERED) -> Request:
    """The request with Content-Digest, Content-Length, Signature-Input and Signature; its body is bytes.

    `now` is in seconds since the Unix epoch. Older texts also cover "date", which must be there.
    """
    digest, length = _described(request)
    params, field = _input(covered, int(now), key.kid, key.alg)
    headers = {**request.headers, "content-digest": digest, "content-length": length}
    if covered is COVERED:
        base = _usual_base(request, digest, length, params)
    else:
        base = _base(request, headers, covered, params)
    signature = b2a_base64(key.sign(base), newline=False).decode()
    headers["signature-input"] = field
    headers["signature"] = f"{TAG}=:{signature}:"
    return Request(request.method, request.url, headers, request.body, request.remote)


@lru_cache(maxsize=256)
def _input(covered: tuple[str, ...], created: int, keyid: str, alg: str) -> tuple[str, str]:
    """What we claim of a signature, and its header field; in one second the same in all that a site signs."""
    params: Params = {"created": created, "keyid": keyid}
    algorithm = ALGORITHMS[alg].http
    if algorithm is not None:
        params["alg"] = algorithm
    params["tag"] = TAG
    value = _spell(covered, params)
    return value, f"{TAG}={value}"


def _usual_base(request: Request, digest: str, length: str, params: str) -> bytes:
    """The signature base over what nearly all cover; `digest` and `length` are as we write them."""
    base = (
        f'"@method": {request.method}\n"@target-uri": {request.url}\n"content-digest": {digest}\n'
        f'"content-length": {length}\n"@signature-params": {params}'
    )
    return _signable(base, COVERED)


def _base(request: Request, headers: Mapping[str, str], covered: tuple[str, ...], params: str) -> bytes:
    """The signature base (RFC 9421, 2.5)."""
    # Of derived components OCM names these two only; a field name has no "@": others are not there.
    known = {**headers, "@method": request.method, "@target-uri": request.url}
    try:
        lines = [f'"{name}": {known[name].strip(SPACE)}' for name in covered]
    except KeyError as error:
        raise SignatureError(f"{error.args[0]} is covered and not there") from None
    base = "\n".join([*lines, f'"@signature-params": {params}'])
    return _signable(base, covered)


def _signable(base: str, covered: tuple[str, ...]) -> bytes:
    """The octets of a signature base; SignatureError if it could be that of another request."""
    # A line end inside a value could make two requests look like one.
    if not base.isascii() or base.count("\n") != len(covered):
        raise SignatureError("a covered component has characters that cannot be signed")
    return base.encode()


def check_length(headers: Mapping[str, str], body: bytes) -> None:
    """Raises BodyMismatch unless Content-Length is there and right."""
    if headers.get("content-length", "").strip(SPACE) != str(len(body)):
        raise BodyMismatch("Content-Length is not the length of the body")


def check_content_digest(headers: Mapping[str, str], body: bytes) -> None:
    """Raises BodyMismatch unless Content-Digest (RFC 9530) fits the body."""
    try:
        members = structured.parse(headers.get("content-digest", ""))
    except structured.Malformed as error:
        raise BodyMismatch(f"Content-Digest: {error.message}") from error
    match_digests([(name, item.value) for name, item in members.items()], body)


def _described(request: Request) -> tuple[str, str]:
    """Content-Digest and Content-Length as most write them."""
    body = content(request)
    digest = b2a_base64(hashlib.sha256(body).digest(), newline=False).decode()
    return f"sha-256=:{digest}:", str(len(body))


def match_digests(given: Iterable[tuple[str, object]], body: bytes) -> None:
    """Raises BodyMismatch unless one digest or more is known and all that are fit (OCM-SIG-068)."""
    known = 0
    for name, value in given:
        if name in DIGESTS:
            if value != DIGESTS[name](body).digest():
                raise BodyMismatch(f"{name} is not the digest of the body")
            known += 1
    if not known:
        raise BodyMismatch(f"the body has no digest by {' or '.join(DIGESTS)}")


def content(request: Request) -> bytes:
    """The body of a request; TypeError if it has not been read yet."""
    if not isinstance(request.body, bytes):
        raise TypeError("only a body that has been read can be signed or verified")
    return request.body
