"""The passive oracle: judges messages as they are seen, whoever sent them and why.

A rule looks at one message and says nothing (None: not about it), "" (as it should be) or what is wrong.
It knows raw JSON, raw headers, and the discovery documents of both sides where they were seen.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, unquote

import msgspec

from conformance import catalogue
from conformance.peer import parse
from conformance.record import Seen, body
from conformance.signing import read

Judge = Callable[["Message"], str | None]

TYPES = {
    *("SHARE_ACCEPTED", "SHARE_DECLINED", "SHARE_UNSHARED", "SHARE_CHANGE_PERMISSION", "REQUEST_RESHARE"),
    *("REQUEST_SHARE", "USER_REMOVED", "GROUP_REMOVED"),
}
STATES = ("SHARE_ACCEPTED", "SHARE_DECLINED", "SHARE_UNSHARED", "SHARE_CHANGE_PERMISSION")
OF_SHARES = (*STATES, "REQUEST_RESHARE")
REMOVALS = {"USER_REMOVED": ("user", "userId"), "GROUP_REMOVED": ("group", "groupId")}
SIGNED = ("share", "notification", "acceptance", "token")
RIGHTS = {"read", "write", "share"}
EXCHANGE = "must-exchange-token"


class Rule(msgspec.Struct, frozen=True):
    """One requirement, and how a message is judged by it."""

    id: str
    kinds: tuple[str, ...]
    judge: Judge


RULES: list[Rule] = []


def rule(name: str, *kinds: str) -> Callable[[Judge], Judge]:
    """A rule for messages of these kinds."""

    def add(judge: Judge) -> Judge:
        RULES.append(Rule(name, kinds, judge))
        return judge

    return add


class Message:
    """One request between two servers, with its answer; `kind` says what it is.

    share, notification, acceptance, token, dav, fetch (discovery and keys), other.
    """

    def __init__(self, seen: Seen, documents: Mapping[str, Any]) -> None:
        self.seen = seen
        self.request = seen.request
        self.documents = documents
        self.source = seen.source
        self.target = seen.request.target.authority or seen.target

    @cached_property
    def kind(self) -> str:
        """What it is, by path and form."""
        request = self.request
        path = request.target.path
        if request.method == "POST":
            if b"grant_type" in body(request):
                return "token"
            for end, kind in (
                ("/shares", "share"),
                ("/notifications", "notification"),
                ("/invite-accepted", "acceptance"),
            ):
                if path.endswith(end):
                    return kind
        if request.method in ("PROPFIND", "PUT", "MKCOL", "MOVE", "COPY", "DELETE", "LOCK"):
            return "dav"
        if request.method == "GET":
            return "dav" if "authorization" in request.headers else "fetch"
        return "other"

    @cached_property
    def document(self) -> Any:
        """The JSON object of the request; {} if there is none."""
        found = parse(body(self.request))
        return found if isinstance(found, dict) else {}

    @cached_property
    def form(self) -> dict[str, str]:
        """The fields of a form."""
        found = parse_qs(body(self.request).decode(errors="replace"), keep_blank_values=True)
        return {name: values[0] for name, values in found.items()}

    @cached_property
    def webdav(self) -> Any:
        """protocol.webdav; None if there is none."""
        return self.inside("protocol.webdav")

    @cached_property
    def webapp(self) -> Any:
        """protocol.webapp; None if there is none."""
        return self.inside("protocol.webapp")

    @cached_property
    def signature(self) -> dict[str, Any]:
        """What is known of the signature: as noted when the keys were at hand, or only what can be read."""
        return self.seen.facts.get("signature") or read(self.request.headers)

    @property
    def mine(self) -> Any:
        """The discovery document of who speaks; {} if it was not seen."""
        return self.documents.get(self.source) or {}

    @property
    def theirs(self) -> Any:
        """The discovery document of who is spoken to."""
        return self.documents.get(self.target) or {}

    @property
    def version(self) -> tuple[int, int]:
        """The older of the two: newer words would not be understood."""
        return min(catalogue.claimed(self.mine), catalogue.claimed(self.theirs))

    def inside(self, path: str) -> Any:
        """A member of a member; None where there is none."""
        found = self.document
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        return found

    @property
    def type(self) -> str:
        """notificationType."""
        return str(self.document.get("notificationType"))


def judge(exchanges: Iterable[Seen], by_site: bool | None = True) -> dict[str, list[tuple[Seen, str]]]:
    """What each rule found: the messages it judged, and "" or what is wrong with them.

    `by_site` limits it to messages of the examined site; None takes all.
    """
    documents: dict[str, Any] = {}
    found: dict[str, list[tuple[Seen, str]]] = {entry.id: [] for entry in RULES}
    test = None
    for seen in exchanges:
        if seen.test != test:
            test, documents = seen.test, {}  # each test has servers of its own
        request, answer = seen.request, seen.response
        if request.target.path == "/.well-known/ocm" and answer and answer.status == 200:
            documents[request.target.authority] = parse(body(answer))
        if (by_site is not None and seen.by_site != by_site) or not answer:
            continue
        message = Message(seen, documents)
        for entry in RULES:
            if message.kind in entry.kinds or not entry.kinds:
                reason = entry.judge(message)
                if reason is not None and catalogue.binds(entry.id, message.version):
                    found[entry.id].append((seen, reason))
    return found


def address(value: Any) -> str:
    """What is wrong with an OCM Address, or ""."""
    if not isinstance(value, str):
        return f"{value!r} is no text"
    user, _, host = value.rpartition("@")
    return (
        ""
        if user and host and "/" not in host and not re.search(r"\s", host)
        else f"{value!r} is no OCM Address"
    )


def text(value: Any) -> str:
    """What is wrong with a text that must be there, or ""."""
    return "" if isinstance(value, str) and value else f"is {value!r}"


def member(name: str, path: str, check: Callable[[Any], str], *kinds: str, types: Iterable[str] = ()) -> None:
    """A rule about one member that must be there."""
    wanted = frozenset(types)

    def judge_member(message: Message) -> str | None:
        if wanted and message.type not in wanted:
            return None
        wrong = check(message.inside(path))
        return f"{path}: {wrong}" if wrong else ""

    rule(name, *kinds)(judge_member)


def optional(name: str, path: str, check: Callable[[Any], bool], *kinds: str) -> None:
    """A rule about one member that may be left out."""

    def judge_optional(message: Message) -> str | None:
        value = message.inside(path)
        if value is None:
            return None
        return "" if check(value) else f"{path}: {value!r}"

    rule(name, *kinds)(judge_optional)


def subset(allowed: set[str]) -> Callable[[Any], bool]:
    """A list of some of these words, not empty."""
    return lambda value: isinstance(value, list) and bool(value) and set(map(str, value)) <= allowed


# Share Creation Notifications

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
optional("OCM-SHARE-069", "protocol.webdav.permissions", subset(RIGHTS), "share")
optional("OCM-SHARE-060", "protocol.webdav.accessTypes", subset({"remote", "datatx"}), "share")
optional("OCM-SHARE-071", "protocol.webdav.requirements", subset({EXCHANGE, "must-use-mfa"}), "share")
optional("OCM-SHARE-074", "protocol.webdav.size", lambda value: type(value) is int, "share")
optional("OCM-SHARE-080", "protocol.webapp.uri", lambda value: "://" in str(value), "share")
optional("OCM-SHARE-082", "protocol.webapp.targets", subset({"blank", "iframe"}), "share")
optional("OCM-SHARE-084", "protocol.webapp.permissions", subset({*RIGHTS, "view"}), "share")
optional(
    "OCM-SHARE-101",
    "protocol.ssh.uri",
    lambda v: bool(re.fullmatch(r"[^@\s]+@[^/\s]+:\d+/.*", str(v))),
    "share",
)
optional("OCM-SHARE-041", "encryption", lambda value: bool(value.get("resourceId")), "share")
optional("OCM-SHARE-042", "encryption", lambda value: bool(value.get("scheme")), "share")
optional(
    "OCM-SHARE-043", "encryption", lambda value: isinstance(value.get(value.get("scheme")), dict), "share"
)


@rule("OCM-SHARE-044", "share")
@rule("OCM-SHARE-045", "share")
def _encryption(message: Message) -> str | None:
    scheme = str(message.inside("encryption.scheme"))
    # The draft spells it in two ways (wire.md section 8, 31).
    wanted = {"ocm-pgp": "fingerprints", "ocm-gpg": "fingerprints", "ocm-mls": "cipher"}.get(scheme)
    if wanted is None:
        return None
    inner = message.inside("encryption") or {}
    return "" if wanted in (inner.get(scheme) or {}) else f"encryption.{scheme} has no {wanted}"


@rule("OCM-LEG-012", "share")
def _relative(message: Message) -> str | None:
    if message.webdav is None or message.version >= (1, 4):
        return None
    return "webdav.uri is absolute" if "://" in str(message.webdav.get("uri")) else ""


@rule("OCM-LEG-017", "notification")
def _provider_id_on_top(message: Message) -> str | None:
    if message.version >= (1, 5) or message.type not in OF_SHARES:
        return None
    return text(message.document.get("providerId"))


@rule("OCM-SHARE-002", "share")
@rule("OCM-NOTIF-002", "notification")
@rule("OCM-INV-011", "acceptance")
def _json(message: Message) -> str:
    media = message.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        return f"Content-Type is {media!r}"
    return "" if message.document else "the body is no JSON object"


@rule("OCM-SHARE-003", "share")
def _whole(message: Message) -> str:
    wanted = ("shareWith", "name", "providerId", "owner", "sender", "shareType", "resourceType", "protocol")
    missing = [name for name in wanted if name not in message.document]
    return f"missing: {', '.join(missing)}" if missing else ""


@rule("OCM-SHARE-004", "share")
@rule("OCM-NOTIF-003", "notification")
@rule("OCM-TOK-040", "token")
def _tls(message: Message) -> str:
    return "" if message.request.url.startswith("https://") else f"went to {message.request.target.scheme}://"


@rule("OCM-CONT-001", "share")
def _to_the_recipient(message: Message) -> str:
    host = str(message.document.get("shareWith")).rpartition("@")[2]
    return "" if host == message.target else f"shareWith is at {host}, and it went to {message.target}"


@rule("OCM-ADDR-007", "share")
def _no_scheme(message: Message) -> str:
    found = [message.document.get(name) for name in ("shareWith", "owner", "sender")]
    wrong = [value for value in found if "://" in str(value)]
    return f"{wrong[0]!r} has a scheme" if wrong else ""


@rule("OCM-LEG-028", "share")
def _no_default_port(message: Message) -> str:
    found = [str(message.document.get(name)) for name in ("shareWith", "owner", "sender")]
    return next((f"{value!r} has the default port" for value in found if value.endswith(":443")), "")


@rule("OCM-SHARE-051", "share")
def _one_of_three_forms(message: Message) -> str:
    protocol = message.document.get("protocol")
    if not isinstance(protocol, dict):
        return "protocol is no object"
    name = protocol.get("name")
    members = set(protocol) - {"name", "options"}
    if name == "multi":
        return "" if members else "multi, and no protocol"
    return "" if name in members or isinstance(protocol.get("options"), dict) else f"name is {name!r}"


@rule("OCM-SHARE-052", "share")
def _several_are_multi(message: Message) -> str | None:
    protocol = message.document.get("protocol")
    if not isinstance(protocol, dict) or len(set(protocol) - {"name", "options"}) < 2:
        return None
    return "" if protocol.get("name") == "multi" else f"name is {protocol.get('name')!r}"


@rule("OCM-SHARE-063", "share")
def _webdav_uri(message: Message) -> str | None:
    return None if message.webdav is None else text(message.webdav.get("uri"))


@rule("OCM-SHARE-065", "share")
def _webdav_uri_form(message: Message) -> str | None:
    if message.webdav is None:
        return None
    form = "absolute" if "://" in str(message.webdav.get("uri")) else "relative"
    wanted = {
        entry["protocols"].get("webdav-receive", {}).get("uri")
        for entry in message.theirs.get("resourceTypes", ())
        if entry.get("name") == message.document.get("resourceType")
    } - {None}
    return f"{form}, but the receiver asks for {wanted}" if wanted and form not in wanted else ""


@rule("OCM-SHARE-067", "share")
def _secret(message: Message) -> str | None:
    if message.webdav is None:
        return None
    value = message.webdav.get("sharedSecret")
    return text(value) or ("" if len(str(value)) >= 16 else "sharedSecret is short enough to be guessed")


@rule("OCM-SHARE-068", "share", "dav", "token", "notification", "acceptance")
def _secret_in_no_url(message: Message) -> str | None:
    secret = message.webdav.get("sharedSecret") if isinstance(message.webdav, dict) else None
    places = [unquote(message.request.url), message.request.headers.get("referer", "")]
    if secret:
        places.append(str(message.webdav.get("uri")))
    bearer = message.request.headers.get("authorization", "").partition(" ")[2]
    for value in (secret, bearer, message.form.get("code") if message.kind == "token" else None):
        if value and len(value) >= 8 and any(value in place for place in places):
            return "a secret stands in a URI"
    return ""


@rule("OCM-SHARE-075", "share")
def _requirements_not_empty(message: Message) -> str | None:
    if not isinstance(message.webdav, dict) or "requirements" not in message.webdav:
        return None
    return "" if message.webdav["requirements"] else "requirements is empty"


@rule("OCM-SHARE-072", "share")
def _exchange_is_offered(message: Message) -> str | None:
    if not isinstance(message.webdav, dict) or EXCHANGE not in (message.webdav.get("requirements") or ()):
        return None
    if not message.mine:
        return None
    return "" if "exchange-token" in message.mine.get("capabilities", ()) else "demanded, but not offered"


@rule("OCM-SHARE-073", "share")
@rule("OCM-MFA-002", "share")
def _mfa_is_known(message: Message) -> str | None:
    if not isinstance(message.webdav, dict) or "must-use-mfa" not in (
        message.webdav.get("requirements") or ()
    ):
        return None
    return (
        "" if "enforce-mfa" in message.theirs.get("capabilities", ()) else "the receiver does not announce it"
    )


@rule("OCM-SHARE-013", "share")
@rule("OCM-SHARE-014", "share")
def _webapp_needs_exchange(message: Message) -> str | None:
    if message.webapp is None or not message.mine:
        return None
    ok = "exchange-token" in message.mine.get("capabilities", ()) and message.mine.get("tokenEndPoint")
    return "" if ok else "webapp without exchange-token and tokenEndPoint"


@rule("OCM-SHARE-085", "share")
def _webapp_requires(message: Message) -> str | None:
    if message.webapp is None:
        return None
    return "" if EXCHANGE in (message.webapp.get("requirements") or ()) else f"no {EXCHANGE}"


@rule("OCM-SHARE-086", "share")
def _requirements_agree(message: Message) -> str | None:
    if message.webapp is None or message.webdav is None:
        return None
    one, two = (set(p.get("requirements") or ()) for p in (message.webapp, message.webdav))
    return "" if one == two else "protocols have different requirements"


@rule("OCM-SHARE-087", "share")
def _webapp_secret(message: Message) -> str | None:
    return None if message.webapp is None else text(message.webapp.get("sharedSecret"))


@rule("OCM-SEC-007", "share")
def _tokens_before_secrets(message: Message) -> str | None:
    if message.webdav is None or "exchange-token" not in message.theirs.get("capabilities", ()):
        return None
    if "exchange-token" not in message.mine.get("capabilities", ()):
        return None
    return "" if EXCHANGE in (message.webdav.get("requirements") or ()) else None


@rule("OCM-DISC-031", "share")
def _protocols_are_listed(message: Message) -> str | None:
    protocol = message.document.get("protocol")
    if not isinstance(protocol, dict) or not message.mine:
        return None
    listed = {name for entry in message.mine.get("resourceTypes", ()) for name in entry.get("protocols", ())}
    missing = set(protocol) - {"name", "options"} - listed
    return f"{', '.join(sorted(missing))} is not in the discovery document" if missing else ""


# Notifications

member("OCM-NOTIF-010", "notificationType", lambda v: "" if v in TYPES else f"is {v!r}", "notification")
member("OCM-NOTIF-011", "senderDomain", text, "notification")
optional("OCM-NOTIF-014", "resourceType", lambda value: isinstance(value, str), "notification")
optional("OCM-NOTIF-015", "shareType", lambda value: isinstance(value, str), "notification")
optional("OCM-NOTIF-018", "notification", lambda value: isinstance(value, dict), "notification")
optional("OCM-NOTIF-038", "notification.message", lambda value: isinstance(value, str), "notification")
optional("OCM-NOTIF-039", "notification.file.permissions", subset(RIGHTS), "notification")
member(
    "OCM-NOTIF-036",
    "notification.file",
    lambda value: "" if isinstance(value, dict) else f"is {value!r}",
    "notification",
    types=OF_SHARES,
)
member("OCM-NOTIF-037", "notification.file.providerId", text, "notification", types=STATES)


@rule("OCM-NOTIF-016", "notification")
def _no_provider_id_on_top(message: Message) -> str:
    return "providerId stands at top level" if "providerId" in message.document else ""


@rule("OCM-NOTIF-017", "notification")
def _scoped(message: Message) -> str:
    return (
        ""
        if {"resourceType", "shareType"} & message.document.keys()
        else "neither resourceType nor shareType"
    )


@rule("OCM-NOTIF-053", "notification")
@rule("OCM-NOTIF-054", "notification")
def _reshare(message: Message) -> str | None:
    if message.type != "REQUEST_RESHARE":
        return None
    if not isinstance(message.document.get("resourceType"), str):
        return "no resourceType"
    return text(message.inside("notification.file.providerId")) or address(
        message.inside("notification.file.shareWith")
    )


@rule("OCM-NOTIF-059", "notification")
def _request_share(message: Message) -> str | None:
    if message.type != "REQUEST_SHARE":
        return None
    if "shareType" in message.document:
        return "shareType is present"
    return "" if isinstance(message.document.get("resourceType"), str) else "no resourceType"


@rule("OCM-NOTIF-072", "notification")
@rule("OCM-NOTIF-073", "notification")
@rule("OCM-NOTIF-074", "notification")
@rule("OCM-IANA-001", "notification")
def _removal(message: Message) -> str | None:
    if message.type not in REMOVALS:
        return None
    kind, name = REMOVALS[message.type]
    if "resourceType" in message.document:
        return "resourceType is present"
    if message.document.get("shareType") != kind:
        return f"shareType is {message.document.get('shareType')!r}"
    return text(message.inside(f"notification.{kind}.{name}"))


# Invites

for _name, _member in (
    ("OCM-INV-014", "token"),
    ("OCM-INV-017", "name"),
):
    member(_name, _member, text, "acceptance")
member("OCM-INV-016", "email", lambda v: "" if isinstance(v, str) else f"is {v!r}", "acceptance")


@rule("OCM-INV-013", "acceptance")
def _provider(message: Message) -> str:
    value = message.document.get("recipientProvider")
    return "" if value == message.source else f"recipientProvider is {value!r}, and {message.source} speaks"


@rule("OCM-INV-015", "acceptance")
def _user(message: Message) -> str:
    value = message.document.get("userID")
    host = str(message.document.get("recipientProvider"))
    return text(value) or (f"userID {value!r} has its host" if str(value).endswith(f"@{host}") else "")


@rule("OCM-INV-012", "acceptance")
def _acceptance(message: Message) -> str:
    wanted = ("recipientProvider", "token", "userID", "email", "name")
    wrong = [name for name in wanted if not isinstance(message.document.get(name), str)]
    return f"no text: {', '.join(wrong)}" if wrong else ""


# Token requests


@rule("OCM-TOK-002", "token")
def _form(message: Message) -> str:
    media = message.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return "" if media == "application/x-www-form-urlencoded" else f"Content-Type is {media!r}"


@rule("OCM-TOK-003", "token")
def _token_signed(message: Message) -> str | None:
    # A server that signs nothing at all is judged by OCM-SEC-005 (wire.md section 8, 11).
    return _verified(message) or "" if "http-sig" in message.mine.get("capabilities", ()) else None


@rule("OCM-TOK-004", "token")
def _client(message: Message) -> str:
    client = message.form.get("client_id")
    return "" if client == message.source else f"client_id is {client!r}, and {message.source} asks"


@rule("OCM-TOK-005", "token")
def _code(message: Message) -> str:
    return text(message.form.get("code"))


@rule("OCM-TOK-006", "token")
def _grant(message: Message) -> str:
    grant = message.form.get("grant_type")
    return "" if grant == "authorization_code" else f"grant_type is {grant!r}"


# Signatures


def _verified(message: Message) -> str | None:
    if not message.signature.get("signed"):
        return "unsigned"
    return str(message.signature.get("verified", ""))


@rule("OCM-SIG-010", *SIGNED)
@rule("OCM-SHARE-005", "share")
@rule("OCM-NOTIF-004", "notification")
@rule("OCM-INV-020", "acceptance")
def _signed(message: Message) -> str | None:
    if "http-sig" not in message.theirs.get("capabilities", ()):
        return None
    if "http-sig" not in message.mine.get("capabilities", ()):
        return None
    return "" if message.signature.get("signed") else "unsigned, and the peer has http-sig"


def _about_signature(name: str, check: Callable[[dict[str, Any]], str]) -> None:
    def judge_signature(message: Message) -> str | None:
        return check(message.signature) if message.signature.get("signed") else None

    rule(name, *SIGNED)(judge_signature)


for _name, _component in (
    *(("OCM-SIG-020", "@method"), ("OCM-SIG-021", "@target-uri"), ("OCM-SIG-022", "content-digest")),
    *(("OCM-SIG-023", "content-length"),),
):
    _about_signature(_name, lambda s, c=_component: "" if c in s["covered"] else f"{c} is not covered")  # type: ignore[misc]
for _name, _parameter in (("OCM-SIG-024", "created"), ("OCM-SIG-025", "keyid"), ("OCM-SIG-030", "tag")):
    _about_signature(_name, lambda s, p=_parameter: "" if p in s else f"no parameter {p}")  # type: ignore[misc]
_about_signature(
    "OCM-SIG-026", lambda s: "" if s.get("key", {}) is not None else f"no key {s.get('keyid')!r}"
)
_about_signature("OCM-SIG-027", lambda s: "date is covered" if "date" in s["covered"] else "")
_about_signature("OCM-LEG-023", lambda s: "")
_about_signature(
    "OCM-SIG-031", lambda s: "" if s["count"] == 1 else f"{s['count']} signatures have the tag ocm"
)
_about_signature("OCM-SEC-006", lambda s: str(s.get("verified", "")))

HTTP = {
    "Ed25519": "ed25519",
    "EdDSA": "ed25519",
    "ES256": "ecdsa-p256-sha256",
    "ES384": "ecdsa-p384-sha384",
    "RS256": "rsa-v1_5-sha256",
    "PS512": "rsa-pss-sha512",
}


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


@rule("OCM-TOK-043", "dav", "token")
def _tokens_are_kept(message: Message) -> str:
    return "" if message.request.url.startswith("https://") else "a token went over http"


@rule("OCM-DISC-003", "fetch")
def _discovery_over_tls(message: Message) -> str | None:
    if not re.search(r"/\.well-known/ocm$|/ocm-provider/?$", message.request.target.path):
        return None
    return "" if message.request.url.startswith("https://") else "discovery went over http"
