"""The signed list of a federation's servers (draft appendix C): payload and JWS.

The key is handed over offline. Its algorithm is the only one that is taken; the header of a JWS
says nothing that is believed. The draft's example is in flattened JSON form; both forms are read.
"""

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from meshsim.ocm import base64url, text
from meshsim.ocm.address import parse_host
from meshsim.ocm.document import Check, Rule, convert, dump, load, plain
from meshsim.ocm.errors import OcmError, Problem, Unauthenticated
from meshsim.ocm.keys import ALGORITHMS, PrivateKey, PublicKey
from meshsim.wire import split

MEDIA_TYPE = "application/jose"


class Server(msgspec.Struct, frozen=True, rename="camel"):
    """One member: url is scheme, host and perhaps port."""

    url: str
    display_name: str

    CHECKS: ClassVar[dict[str, Check]] = {"url": text.url, "display_name": text.label}

    def _url_faults(self) -> Iterator[Problem]:
        """Neither path nor query (OCM-DIR-007, 008); user and fragment are in no URL of ours."""
        target = split(self.url)
        if target.path != "/" or target.query or self.url.endswith(("/", "?")):
            yield Problem("url", "must be scheme and host only")

    RULES: ClassVar[tuple[Rule, ...]] = (_url_faults,)

    @property
    def host(self) -> str:
        """The server's host, with its port if it has one."""
        return parse_host(split(self.url).authority)


class Directory(msgspec.Struct, frozen=True):
    """The payload of the JWS. Bad entries are left out and told in `rejected`, not fatal (OCM-DIR-011)."""

    federation: str
    servers: tuple[Server, ...]
    rejected: tuple[str, ...] = ()

    @classmethod
    def parse(cls, raw: bytes) -> "Directory":
        """The payload as a consumer takes it; OcmError if there is no list in it."""
        document = load(raw)
        federation, entries = document.get("federation"), document.get("servers")
        problems = []
        if not isinstance(federation, str):
            problems.append(Problem("federation", "must be a string"))
        elif (reason := text.label(federation)) is not None:
            problems.append(Problem("federation", reason))
        if not isinstance(entries, list):
            problems.append(Problem("servers", "must be an array"))
        if problems or not isinstance(federation, str) or not isinstance(entries, list):
            raise OcmError("not a directory", tuple(problems))
        servers, rejected = [], []
        for index, entry in enumerate(entries):
            try:
                servers.append(convert(entry, Server))
            except OcmError as error:
                rejected.append(f"servers[{index}]: {error.message}")
        return cls(federation, tuple(servers), tuple(rejected))


def sign(directory: Directory, key: PrivateKey) -> bytes:
    """The directory as a compact JWS (RFC 7515)."""
    document = plain(directory)
    document.pop("rejected", None)
    header = base64url.encode(dump({"alg": key.alg, "kid": key.kid}))
    signed = f"{header}.{base64url.encode(dump(document))}"
    return f"{signed}.{base64url.encode(key.sign(signed.encode()))}".encode()


def verify(jws: bytes, key: PublicKey) -> Directory:
    """The directory in a JWS; Unauthenticated if `key` did not sign it, OcmError if it is none."""
    header, payload, signature = _split_json(jws) if jws.lstrip().startswith(b"{") else _split_compact(jws)
    try:
        protected = load(base64url.decode(header))
        content, proof = base64url.decode(payload), base64url.decode(signature)
    except (ValueError, OcmError) as error:
        raise OcmError("not a JWS: a part of it is not base64url") from error
    alg = protected.get("alg")
    # One algorithm may have two names: EdDSA is Ed25519 here (RFC 9864).
    same = isinstance(alg, str) and ALGORITHMS.get(alg) is key.algorithm
    if not same or "crit" in protected or "b64" in protected:
        raise Unauthenticated(f"the directory is not signed with {key.alg}")
    if not key.verify(proof, f"{header}.{payload}".encode()):
        raise Unauthenticated("the signature of the directory does not verify")
    return Directory.parse(content)


def _split_compact(jws: bytes) -> tuple[str, str, str]:
    parts = jws.decode("latin-1").strip().split(".", 3)
    if len(parts) != 3:
        raise OcmError("not a JWS: the compact form has three parts")
    return parts[0], parts[1], parts[2]


def _split_json(jws: bytes) -> tuple[str, str, str]:
    found = convert(load(jws), _Flattened)
    return found.protected, found.payload, found.signature


class _Flattened(msgspec.Struct, frozen=True):
    protected: str
    payload: str
    signature: str
