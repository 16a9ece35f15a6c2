"""Share Creation Notifications: whom they are about, and what is shared (draft section 7.1)."""

import re

from conformance.message import Message
from conformance.rules import address, member, optional, rule, text

WHOLE = ("shareWith", "name", "providerId", "owner", "sender", "shareType", "resourceType", "protocol")
PEOPLE = ("shareWith", "owner", "sender")
# The draft spells it in two ways (wire.md section 8, 31).
SCHEMES = {"ocm-pgp": "fingerprints", "ocm-gpg": "fingerprints", "ocm-mls": "cipher"}

member("OCM-SHARE-020", "shareWith", address, "share")
member("OCM-SHARE-022", "name", text, "share")
member("OCM-SHARE-024", "providerId", text, "share")
member("OCM-SHARE-026", "owner", address, "share")
member("OCM-SHARE-027", "sender", address, "share")
member("OCM-SHARE-030", "shareType", text, "share")
member("OCM-SHARE-034", "resourceType", text, "share")
member("OCM-SHARE-050", "protocol", lambda value: "" if isinstance(value, dict) else f"is {value!r}", "share")
optional("OCM-SHARE-031", "shareType", lambda value: value in ("user", "group"), "share")
optional("OCM-SHARE-036", "expiration", lambda value: type(value) is int and value < 10**11, "share")
optional("OCM-SHARE-041", "encryption", lambda value: bool(_of(value, "resourceId")), "share")
optional("OCM-SHARE-042", "encryption", lambda value: bool(_of(value, "scheme")), "share")
optional(
    "OCM-SHARE-043",
    "encryption",
    lambda value: isinstance(_of(value, str(_of(value, "scheme"))), dict),
    "share",
)


def _of(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


@rule("OCM-SHARE-044", "share")
@rule("OCM-SHARE-045", "share")
def _encryption(message: Message) -> str | None:
    scheme = str(message.inside("encryption.scheme"))
    wanted = SCHEMES.get(scheme)
    if wanted is None:
        return None
    inner = message.inside(f"encryption.{scheme}")
    return "" if _of(inner, wanted) else f"encryption.{scheme} has no {wanted}"


@rule("OCM-SHARE-003", "share")
def _whole(message: Message) -> str:
    missing = [name for name in WHOLE if name not in message.document]
    return f"missing: {', '.join(missing)}" if missing else ""


@rule("OCM-CONT-001", "share")
def _to_the_recipient(message: Message) -> str:
    host = str(message.document.get("shareWith")).rpartition("@")[2]
    return "" if host == message.target else f"shareWith is at {host}, and it went to {message.target}"


@rule("OCM-ADDR-007", "share")
def _no_scheme(message: Message) -> str:
    return _none_of_them(message, "://", "has a scheme")


@rule("OCM-LEG-028", "share")
def _no_default_port(message: Message) -> str:
    return _none_of_them(message, r":443$", "has the default port")


def _none_of_them(message: Message, pattern: str, wrong: str) -> str:
    found = (str(message.document.get(name)) for name in PEOPLE)
    return next((f"{value!r} {wrong}" for value in found if re.search(pattern, value)), "")
