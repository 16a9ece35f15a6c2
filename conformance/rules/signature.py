"""Signatures of requests (draft section 6). What can only be told with the keys at hand was noted then."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from conformance.message import Message, words
from conformance.rules import rule

SIGNED = ("share", "notification", "acceptance", "token")

HTTP = {
    "Ed25519": "ed25519",
    "EdDSA": "ed25519",
    "ES256": "ecdsa-p256-sha256",
    "ES384": "ecdsa-p384-sha384",
    "RS256": "rsa-v1_5-sha256",
    "PS512": "rsa-pss-sha512",
}


def verified(signature: dict[str, Any]) -> str | None:
    """What is wrong with a signature, or ""; None where its key was not at hand."""
    if not signature.get("signed"):
        return "unsigned"
    found = signature.get("verified")
    return None if found is None else str(found)


@rule("OCM-SIG-010", *SIGNED)
@rule("OCM-SHARE-005", "share")
@rule("OCM-NOTIF-004", "notification")
@rule("OCM-INV-020", "acceptance")
def _signed(message: Message) -> str | None:
    if "http-sig" not in words(message.theirs, "capabilities") & words(message.mine, "capabilities"):
        return None
    return "" if message.signature.get("signed") else "unsigned, and the peer has http-sig"


@rule("OCM-SIG-030", *SIGNED)
def _tagged(message: Message) -> str | None:
    if not message.request.headers.get("signature-input"):
        return None
    return "" if message.signature.get("signed") else "no signature has the tag ocm"


def _covers(component: str, signature: dict[str, Any]) -> str:
    return "" if component in signature["covered"] else f"{component} is not covered"


def _says(parameter: str, signature: dict[str, Any]) -> str:
    return "" if parameter in signature else f"no parameter {parameter}"


def _key(signature: dict[str, Any]) -> str | None:
    if "key" not in signature:
        return None
    return f"no key {signature.get('keyid')!r}" if signature["key"] is None else ""


def _once(signature: dict[str, Any]) -> str:
    return "" if signature["count"] == 1 else f"{signature['count']} signatures have the tag ocm"


OF_SIGNATURES: dict[str, Callable[[dict[str, Any]], str | None]] = {
    "OCM-SIG-020": partial(_covers, "@method"),
    "OCM-SIG-021": partial(_covers, "@target-uri"),
    "OCM-SIG-022": partial(_covers, "content-digest"),
    "OCM-SIG-023": partial(_covers, "content-length"),
    "OCM-SIG-024": partial(_says, "created"),
    "OCM-SIG-025": partial(_says, "keyid"),
    "OCM-SIG-026": _key,
    "OCM-SIG-027": lambda signature: "date is covered" if "date" in signature["covered"] else "",
    "OCM-SIG-031": _once,
    "OCM-SEC-006": verified,
}


def _of_signature(check: Callable[[dict[str, Any]], str | None], message: Message) -> str | None:
    return check(message.signature) if message.signature.get("signed") else None


for _name, _check in OF_SIGNATURES.items():
    rule(_name, *SIGNED)(partial(_of_signature, _check))


@rule("OCM-LEG-023", *SIGNED)
def _date(message: Message) -> str | None:
    if not message.signature.get("signed") or "date" not in message.request.headers:
        return None
    return _covers("date", message.signature)


@rule("OCM-SIG-049", *SIGNED)
def _alg_agrees(message: Message) -> str | None:
    alg, key = message.signature.get("alg"), message.signature.get("key")
    if alg is None or not key:
        return None
    return "" if HTTP.get(key.get("alg", "")) == alg else f"alg {alg!r} and a key of {key.get('alg')!r}"


@rule("OCM-SIG-051", *SIGNED)
def _alg_left_out(message: Message) -> str | None:
    key = message.signature.get("key")
    if not key or key.get("alg") in HTTP:
        return None
    return "" if "alg" not in message.signature else f"alg for a key of {key.get('alg')!r}"


@rule("OCM-SIG-028", *SIGNED)
def _digest(message: Message) -> str | None:
    value = message.request.headers.get("content-digest")
    if value is None:
        return None
    if not re.match(r"(sha-256|sha-512)=:", value):
        return f"Content-Digest is {value[:20]!r}"
    return "" if message.signature.get("digest", True) else "Content-Digest does not fit the body"
