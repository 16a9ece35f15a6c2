"""HTTP Message Signatures that may be wrong in any way, and what is right or wrong about one.

RFC 9421 written down once more, so that a request can be signed as it must not be. The arithmetic is shared.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from meshsim.ocm import structured
from meshsim.ocm.errors import OcmError
from meshsim.ocm.keys import PrivateKey, PublicKey
from meshsim.ocm.signatures import tagged
from meshsim.wire import Request, octets

COVERED = ("@method", "@target-uri", "content-digest", "content-length")


def sign(
    request: Request,
    key: PrivateKey,
    now: float,
    *,
    covered: Sequence[str] = COVERED,
    label: str = "sig1",
    tag: str | None = "ocm",
    created: float | None = 0,
    keyid: str | None = "",
    alg: str | None = "",
    digest: str | None = None,
    broken: bool = False,
    url: str | None = None,
    method: str | None = None,
    date: str | None = None,
) -> Request:
    """The request signed; `created` is relative to now, None leaves a parameter out.

    `digest` replaces Content-Digest, `url` and `method` are signed instead of the request's own, and
    `broken` flips a bit of the signature.
    """
    body = octets(request.body)
    headers = dict(request.headers)
    headers["content-digest"] = content_digest(body) if digest is None else digest
    headers["content-length"] = str(len(body))
    if date is not None:
        headers["date"] = date
    params = ""
    if created is not None:
        params += f";created={int(now + created)}"
    if keyid is not None:
        params += f';keyid="{keyid or key.kid}"'
    if alg is not None and (alg or key.algorithm.http):
        params += f';alg="{alg or key.algorithm.http}"'
    if tag is not None:
        params += f';tag="{tag}"'
    value = "(" + " ".join(f'"{name}"' for name in covered) + ")" + params
    derived = {"@method": method or request.method, "@target-uri": url or request.url}
    lines = [f'"{name}": {derived.get(name, headers.get(name, ""))}' for name in covered]
    base = "\n".join([*lines, f'"@signature-params": {value}'])
    signature = bytearray(key.sign(base.encode()))
    if broken:
        signature[0] ^= 1
    more = {
        "signature-input": f"{label}={value}",
        "signature": f"{label}=:{base64.b64encode(bytes(signature)).decode()}:",
    }
    for name, field in more.items():
        headers[name] = f"{headers[name]}, {field}" if name in headers else field
    return Request(request.method, request.url, headers, body, request.remote)


def content_digest(body: bytes, algorithm: str = "sha-256") -> str:
    """The value of Content-Digest (RFC 9530)."""
    digest = hashlib.new(algorithm.replace("-", ""), body).digest()
    return f"{algorithm}=:{base64.b64encode(digest).decode()}:"


def facts(request: Request, jwks: Any) -> dict[str, Any]:
    """What can be said of the signature of a request, given the key set of who claims to have sent it.

    `signed`, `count` of signatures with tag="ocm", `covered`, the parameters, `key` (the JWK of that keyid),
    `digest` (whether Content-Digest fits) and `verified` ("" if the signature holds, else why not).
    """
    found = read(request.headers)
    body = octets(request.body)
    found["digest"] = all(
        value == content_digest(body, name).partition("=")[2]
        for name, value in re.findall(
            r"(sha-256|sha-512)=(:[^:]*:)", request.headers.get("content-digest", "")
        )
    )
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    jwk = next((k for k in keys or () if isinstance(k, dict) and k.get("kid") == found.get("keyid")), None)
    found["key"] = None if jwk is None else {k: v for k, v in jwk.items() if isinstance(v, str)}
    if not found["signed"]:
        found["verified"] = "unsigned"
    elif jwk is None:
        found["verified"] = "no key of that keyid in the key set"
    else:
        try:
            proof = tagged(request.headers)
            if proof is None:
                raise OcmError("unsigned")
            proof.verify(request, PublicKey.parse(jwk, infer_alg=True), found.get("created") or 0)
            found["verified"] = ""
        except OcmError as error:
            found["verified"] = error.message
    return found


def read(headers: Mapping[str, str]) -> dict[str, Any]:
    """The signature fields as they stand."""
    try:
        inputs = structured.parse(headers.get("signature-input", ""))
    except structured.Malformed:
        return {"signed": False, "count": 0, "covered": []}
    ours = [value for value in inputs.values() if value.params.get("tag") == "ocm"]
    if not ours:
        return {"signed": False, "count": 0, "covered": []}
    components, params = ours[0]
    covered = [item.value for item in components.items()] if hasattr(components, "items") else []
    told = {name: params[name] for name in ("created", "keyid", "alg", "tag") if name in params}
    return {"signed": True, "count": len(ours), "covered": covered, **told}
