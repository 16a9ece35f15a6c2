"""What a share says of the protocols it may be reached by (draft sections 7.1 and 12)."""

import re

from conformance.message import Message, types, words
from conformance.rules import EXCHANGE, MFA, RIGHTS, optional, rule, subset, text

EXCHANGES = "exchange-token"

optional("OCM-SHARE-069", "protocol.webdav.permissions", subset(RIGHTS), "share")
optional("OCM-SHARE-060", "protocol.webdav.accessTypes", subset({"remote", "datatx"}), "share")
optional("OCM-SHARE-071", "protocol.webdav.requirements", subset({EXCHANGE, MFA}), "share")
optional("OCM-SHARE-074", "protocol.webdav.size", lambda value: type(value) is int, "share")
optional("OCM-SHARE-080", "protocol.webapp.uri", lambda value: "://" in str(value), "share")
optional("OCM-SHARE-082", "protocol.webapp.targets", subset({"blank", "iframe"}), "share")
optional("OCM-SHARE-084", "protocol.webapp.permissions", subset({*RIGHTS, "view"}), "share")
optional(
    "OCM-SHARE-101",
    "protocol.ssh.uri",
    lambda value: bool(re.fullmatch(r"[^@\s]+@[^/\s]+:\d+/.*", str(value))),
    "share",
)


@rule("OCM-SHARE-051", "share")
def _one_of_three_forms(message: Message) -> str:
    if not isinstance(message.document.get("protocol"), dict):
        return "protocol is no object"
    name = message.inside("protocol.name")
    if name == "multi":
        return "" if message.protocols else "multi, and no protocol"
    legacy = isinstance(message.inside("protocol.options"), dict)
    return "" if name in list(message.protocols) or legacy else f"name is {name!r}"


@rule("OCM-SHARE-052", "share")
def _several_are_multi(message: Message) -> str | None:
    if len(message.protocols) < 2:
        return None
    name = message.inside("protocol.name")
    return "" if name == "multi" else f"name is {name!r}"


@rule("OCM-DISC-031", "share")
def _protocols_are_listed(message: Message) -> str | None:
    if not message.protocols or not message.mine:
        return None
    listed = {name for _, protocols in types(message.mine) for name in protocols}
    missing = message.protocols.keys() - listed
    return f"{', '.join(sorted(missing))} is not in the discovery document" if missing else ""


# webdav


@rule("OCM-SHARE-063", "share")
def _webdav_uri(message: Message) -> str | None:
    return None if message.webdav is None else text(message.webdav.get("uri"))


@rule("OCM-SHARE-065", "share")
def _webdav_uri_form(message: Message) -> str | None:
    if message.webdav is None:
        return None
    asked = [
        protocols.get("webdav-receive")
        for name, protocols in types(message.theirs)
        if name == message.document.get("resourceType")
    ]
    wanted = {str(entry["uri"]) for entry in asked if isinstance(entry, dict) and entry.get("uri")}
    form = "absolute" if "://" in str(message.webdav.get("uri")) else "relative"
    return f"{form}, but the receiver asks for {wanted}" if wanted and form not in wanted else ""


@rule("OCM-LEG-012", "share")
def _relative(message: Message) -> str | None:
    if message.webdav is None or message.version >= (1, 4):
        return None
    return "webdav.uri is absolute" if "://" in str(message.webdav.get("uri")) else ""


@rule("OCM-SHARE-067", "share")
def _secret(message: Message) -> str | None:
    if message.webdav is None:
        return None
    value = message.webdav.get("sharedSecret")
    return text(value) or ("" if len(str(value)) >= 16 else "sharedSecret is short enough to be guessed")


@rule("OCM-SHARE-075", "share")
def _requirements_not_empty(message: Message) -> str | None:
    if message.webdav is None or "requirements" not in message.webdav:
        return None
    return "" if message.webdav["requirements"] else "requirements is empty"


@rule("OCM-SHARE-072", "share")
def _exchange_is_offered(message: Message) -> str | None:
    if EXCHANGE not in words(message.webdav, "requirements") or not message.mine:
        return None
    return "" if EXCHANGES in words(message.mine, "capabilities") else "demanded, but not offered"


@rule("OCM-SHARE-073", "share")
@rule("OCM-MFA-002", "share")
def _mfa_is_known(message: Message) -> str | None:
    if MFA not in words(message.webdav, "requirements"):
        return None
    known = "enforce-mfa" in words(message.theirs, "capabilities")
    return "" if known else "the receiver does not announce it"


@rule("OCM-SEC-007", "dav")
def _tokens_before_secrets(message: Message) -> str | None:
    both = words(message.theirs, "capabilities") & words(message.mine, "capabilities")
    if EXCHANGES not in both or not message.credential:
        return None
    legacy = message.shared.get(message.credential) == message.source
    return "the secret itself is shown, though both can exchange it for a token" if legacy else ""


# webapp


@rule("OCM-SHARE-013", "share")
@rule("OCM-SHARE-014", "share")
def _webapp_needs_exchange(message: Message) -> str | None:
    if message.webapp is None or not message.mine:
        return None
    able = EXCHANGES in words(message.mine, "capabilities") and message.mine.get("tokenEndPoint")
    return "" if able else "webapp without exchange-token and tokenEndPoint"


@rule("OCM-SHARE-085", "share")
def _webapp_requires(message: Message) -> str | None:
    if message.webapp is None:
        return None
    return "" if EXCHANGE in words(message.webapp, "requirements") else f"no {EXCHANGE}"


@rule("OCM-SHARE-086", "share")
def _requirements_agree(message: Message) -> str | None:
    if message.webapp is None or message.webdav is None:
        return None
    agree = words(message.webapp, "requirements") == words(message.webdav, "requirements")
    return "" if agree else "protocols have different requirements"


@rule("OCM-SHARE-087", "share")
def _webapp_secret(message: Message) -> str | None:
    return None if message.webapp is None else text(message.webapp.get("sharedSecret"))
