"""The keys that the site signs with, as peers find them."""

from typing import Any
from urllib.parse import urlsplit

from conformance.doctor import Check, Found, Missing, Patient, broken, ok
from conformance.doctor.patient import parse

NEEDED = {"OKP": ("crv", "x"), "EC": ("crv", "x", "y"), "RSA": ("n", "e")}
SECRET = ("d", "p", "q", "dp", "dq", "qi", "k")
SHORTEST = 2048


def key_set(patient: Patient) -> Found:
    """Is there a set of keys where peers look (jwksUri; before 1.5 /.well-known/jwks.json)?"""
    signs, named = "http-sig" in patient.lists("capabilities"), "jwksUri" in patient.document
    if signs and not named and patient.version >= (1, 5):
        return broken("http-sig is advertised, and there is no jwksUri", "publish the keys, and say where")
    place = _place(patient)
    if urlsplit(place).scheme != patient.scheme:
        return broken(
            f"jwksUri is {place}", "serve the keys by https: whoever sits between could give others"
        )
    answer = patient.ask(place)
    found = parse(answer)
    if answer.status != 200 or not isinstance(found, dict) or not isinstance(found.get("keys"), list):
        return broken(
            f"{place} answers {answer.status}, and no JSON with a list of keys",
            'serve {"keys": [...]} there (RFC 7517)',
        )
    if not found["keys"]:
        return broken("the set is empty", "make a key: peers cannot verify anything")
    return ok(f"{len(found['keys'])} at {place}")


def key_members(patient: Patient) -> Found:
    """Is each key whole, and does it say what it is for?"""
    wrong, weak = [], []
    for number, key in enumerate(_keys(patient)):
        if not isinstance(key, dict) or key.get("kty") not in NEEDED:
            wrong.append(f"key {number} has no kty that is known")
            continue
        missing = [name for name in ("kid", "alg", *NEEDED[key["kty"]]) if not isinstance(key.get(name), str)]
        if missing:
            wrong.append(f"key {key.get('kid', number)} has no {', '.join(missing)}")
        elif key["kty"] == "RSA" and len(key["n"]) * 6 < SHORTEST - 8:
            weak.append(f"key {key['kid']} is RSA with fewer than {SHORTEST} bits")
    if wrong:
        return broken("; ".join(wrong), "verifiers take the algorithm from alg, and find the key by kid")
    if weak:
        return broken("; ".join(weak), "make a new key; Ed25519 is short and fast")
    return ok(", ".join(sorted({key["alg"] for key in _keys(patient)})))


def key_ids(patient: Patient) -> Found:
    """Has each key a kid of its own?"""
    kids = [key.get("kid") for key in _keys(patient) if isinstance(key, dict)]
    twice = sorted({str(kid) for kid in kids if kids.count(kid) > 1})
    if twice:
        return broken(f"{', '.join(twice)} names several keys", "give each a kid that is never used again")
    return ok(", ".join(map(str, kids)))


def key_secrets(patient: Patient) -> Found:
    """Are only the public halves published?"""
    told = [
        str(key.get("kid", number))
        for number, key in enumerate(_keys(patient))
        if isinstance(key, dict) and (any(name in key for name in SECRET) or key.get("kty") == "oct")
    ]
    if told:
        return broken(
            f"the private half of {', '.join(told)} can be read by anybody",
            "make new keys at once, publish their public halves alone, and tell your peers",
        )
    return ok("no private member is there")


CHECKS: tuple[Check, ...] = (key_set, key_members, key_ids, key_secrets)


def _place(patient: Patient) -> str:
    """Where the keys are; Missing."""
    if "jwksUri" in patient.document:
        return patient.member("jwksUri")
    if "http-sig" in patient.lists("capabilities") and patient.version < (1, 5):
        return f"{patient.base}/.well-known/jwks.json"
    raise Missing("the site does not sign (no http-sig, no jwksUri)")


def _keys(patient: Patient) -> list[Any]:
    found = parse(patient.ask(_place(patient)))
    keys = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(keys, list) or not keys:
        raise Missing("there are no keys")
    return keys
