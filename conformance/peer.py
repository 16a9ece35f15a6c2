"""The other side of every test: a scripted OCM server and client that speaks raw JSON.

It shares no parser with the simulator: documents are plain dicts, answers are read as they came. What it
serves may be changed by a test at any time; what it was asked is in `received`.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urlencode, urljoin

from conformance import Blocked, Unsupported, catalogue, signing
from conformance.record import Link, Seen, body
from meshsim.ocm.keys import PrivateKey
from meshsim.wire import Request, Response

JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4 mia"
WELL_KNOWN, LEGACY = "/.well-known/ocm", ("/ocm-provider", "/ocm-provider/")
OLD_CAPABILITIES = {"/invite-accepted": "invites", "/notifications": "notifications"}
END_POINT, TOKEN, KEYS, DAV = "/odd/api", "/odd/exchange", "/odd/keys", "/odd/dav/"
"""Paths that nobody would guess: a site has to find them in discovery."""


class Answer:
    """What came of a request."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen

    @property
    def status_code(self) -> int:
        """0 if there was no answer."""
        return self.seen.response.status if self.seen.response else 0

    @property
    def headers(self) -> Mapping[str, str]:
        """Names in lower case."""
        return self.seen.response.headers if self.seen.response else {}

    @property
    def media_type(self) -> str:
        """Content-Type without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def body(self) -> bytes:
        """As it came."""
        return body(self.seen.response) if self.seen.response else b""

    @property
    def text(self) -> str:
        """As UTF-8."""
        return self.body.decode(errors="replace")

    @cached_property
    def json(self) -> Any:
        """The parsed body; None if it is no JSON."""
        return parse(self.body)

    @property
    def document(self) -> dict[str, Any]:
        """The JSON object of the body; an empty one if there is none."""
        return self.json if isinstance(self.json, dict) else Raw()

    def __repr__(self) -> str:
        told = self.seen.error or f"{self.status_code} {self.text[:120]}"
        return f"<{self.seen.request.method} {self.seen.request.url}: {told}>"


class Site:
    """The examined site, as others see it."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.host = link.host
        self.base = f"{link.scheme}://{link.host}"

    def get(self, url: str, method: str = "GET", **headers: str) -> Answer:
        """Any request without a body, anonymous unless headers say more; `url` may be a path."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Answer(self.link.send("client.example.net", Request(method, urljoin(self.base, url), named)))

    @cached_property
    def discovery(self) -> Answer:
        """The answer of /.well-known/ocm; of a server of 1.0 or 1.1, which has it elsewhere, that one."""
        answer = self.get(WELL_KNOWN, accept="application/json")
        for path in LEGACY if answer.status_code in (404, 405, 410) else ():
            older = self.get(path, accept="application/json")
            if older.status_code == 200 and catalogue.claimed(older.json) < (1, 2):
                return older
        return answer

    @property
    def version(self) -> tuple[int, int]:
        """Of the API, as the site says; Blocked if there is no discovery document."""
        return catalogue.claimed(self.document)

    @property
    def document(self) -> dict[str, Any]:
        """The discovery document; Blocked if there is none."""
        found = self.discovery.json
        if self.discovery.status_code != 200 or not isinstance(found, dict):
            raise Blocked(f"discovery gives no document: {self.discovery!r}")
        return found

    @cached_property
    def keys(self) -> Any:
        """The key set that jwksUri leads to; None if there is none."""
        url = self.document.get("jwksUri")
        return self.get(url).json if isinstance(url, str) else None

    def lists(self, member: str) -> list[Any]:
        """capabilities or criteria, in today's words; empty if that is no list."""
        found = self.document.get(member)
        if self.version >= (1, 2) or member != "capabilities":
            return found if isinstance(found, list) else []
        # In 1.0 the notifications were part of the API, and 1.1 has paths (wire.md section 2.1).
        return ["notifications", *(OLD_CAPABILITIES.get(str(value), value) for value in found or ())]

    def url(self, endpoint: str) -> str:
        """Where `shares`, `notifications`, `invite-accepted` or `token` is; Blocked if nobody says."""
        member = "tokenEndPoint" if endpoint == "token" else "endPoint"
        found = self.document.get(member)
        if not isinstance(found, str):
            raise Blocked(f"discovery has no {member}")
        return found if endpoint == "token" else f"{found.rstrip('/')}/{endpoint}"

    def address(self, user: str) -> str:
        """The OCM Address of somebody there."""
        return f"{user}@{self.host}"

    def dav(self, uri: str) -> str:
        """Where a share of that webdav.uri is (draft section 9)."""
        if "://" in uri:
            return uri
        try:
            prefix = self.document["resourceTypes"][0]["protocols"]["webdav"]
        except (KeyError, IndexError, TypeError) as error:
            raise Blocked("discovery has no WebDAV prefix") from error
        return f"{self.base}{prefix.rstrip('/')}/{uri.strip('/')}"

    def access(self, share: dict[str, Any]) -> tuple[str, str]:
        """The URL and the secret of a share of the site, also of one in the form of 1.0; Blocked."""
        protocol = share["protocol"]
        if "webdav" not in protocol and isinstance(protocol.get("options"), dict):
            return self.dav(""), str(protocol["options"]["sharedSecret"])
        return self.dav(protocol["webdav"]["uri"]), protocol["webdav"]["sharedSecret"]


class Peer:
    """A server of the suite's own, with one user, mallory's opposite: `mia`."""

    user = "mia"

    def __init__(self, link: Link, name: str) -> None:
        self.link = link
        self.received: list[Seen] = []
        self.answers: dict[tuple[str, str], Response | Callable[[Request], Response]] = {}
        """(method, path) to what is answered instead of what would be."""
        self.files: dict[str, bytes] = {"": b"what the peer shares\n"}
        """By path below the share; a folder is what others are in."""
        self.token_lifetime = 3600
        self.secrets: dict[str, str] = {}
        """By providerId: what it gave with its shares."""
        self.facing: tuple[int, int] = catalogue.NEWEST
        """What the site says of its API. Where it is 1.0 or 1.1 the suite speaks so, too."""
        self.stranger = False
        """Whether to send shares without an invite where the site demands one."""
        self._met = False
        self.host = link.listen(name, self._answer, self.received)
        self.base = f"{link.scheme}://{self.host}"
        self.key = PrivateKey.from_seed(f"{self.host}#k1", hashlib.sha256(name.encode()).digest())
        self.keys: Any = {"keys": [self.key.jwk()]}
        self.document: dict[str, Any] = discovery(self.base)
        self.address = f"{self.user}@{self.host}"
        self.token = link.secret()
        """The access token it gives out."""

    @property
    def old(self) -> bool:
        """Whether it also has its discovery document where servers of 1.0 and 1.1 look for it."""
        return self.facing < (1, 2)

    @property
    def oldest(self) -> bool:
        """Whether secrets stand in Basic, and shares have no path."""
        return self.facing < (1, 1)

    def looked(self) -> bool:
        """Whether the first that the site did was to look for the discovery document."""
        paths = LEGACY if self.old else (WELL_KNOWN,)
        return bool(self.received) and self.received[0].request.target.path in paths

    # As a client

    def post(self, url: str, document: Any, *, sign: Any = True, headers: Mapping[str, str] = JSON) -> Answer:
        """POST JSON (or octets as they are); `sign` is False, True or the options of `signing.sign`."""
        payload = document if isinstance(document, bytes) else json.dumps(document).encode()
        request = Request("POST", url, {**headers, "content-length": str(len(payload))}, payload)
        if sign is not False:
            options = sign if isinstance(sign, dict) else {}
            key = options.pop("key", self.key)
            request = signing.sign(request, key, self.link.now(), **options)
        return Answer(self.link.send(self.host, request))

    def share(self, site: Site, user: str | None = None, **changes: Any) -> dict[str, Any]:
        """A good Share Creation Notification; None leaves a member out, `__` leads inwards."""
        to = user or recipient(site)
        if "must-invite" in site.lists("criteria") and not self.stranger:
            self.meet(site, to)
        secret, name = self.link.secret(), self.link.identifier()
        webdav: dict[str, Any] = {"uri": f"u-{name}", "sharedSecret": secret, "permissions": ["read"]}
        if "must-exchange-token" in site.lists("criteria"):
            webdav["requirements"] = ["must-exchange-token"]
        document = {
            "shareWith": site.address(to),
            "name": "plan.odt",
            "providerId": f"p-{name}",
            "owner": self.address,
            "sender": self.address,
            "ownerDisplayName": "Mia",
            "senderDisplayName": "Mia",
            "shareType": "user",
            "resourceType": "file",
            "protocol": {"name": "multi", "webdav": webdav},
        }
        self.secrets[document["providerId"]] = secret
        return changed(older(document, site.version), changes)

    def meet(self, site: Site, user: str) -> None:
        """Take up an invite of a user of the site, once; Blocked."""
        if self._met:
            return
        string = str(self.link.act("invite", user))
        decoded = base64.urlsafe_b64decode(string + "=" * (-len(string) % 4)).decode()
        answer = self.accept_invite(site, decoded.rpartition("@")[0])
        if answer.status_code != 200:
            raise Blocked(f"the site does not let its invite be taken up: {answer!r}")
        self._met = True

    def post_share(self, site: Site, sign: Any = True, **changes: Any) -> Answer:
        """POST such a share."""
        return self.post(site.url("shares"), self.share(site, **changes), sign=sign)

    def give(self, site: Site, user: str | None = None, **changes: Any) -> dict[str, Any]:
        """The same, which the site must take before anything else can be judged; the document sent."""
        document = self.share(site, user, **changes)
        answer = self.post(site.url("shares"), document)
        if answer.status_code == 501 and changes:
            raise Unsupported(f"the site does not take such a share: {answer!r}")
        if answer.status_code != 201:
            raise Blocked(f"the site does not take an ordinary share: {answer!r}")
        return document

    def notify(
        self, site: Site, kind: str, provider_id: str, /, *, sign: Any = True, **changes: Any
    ) -> Answer:
        """POST a notification about a share."""
        document = {
            "notificationType": kind,
            "senderDomain": self.host,
            "resourceType": "file",
            "notification": {"file": {"providerId": provider_id}},
        }
        if site.version < (1, 5):
            document["providerId"] = provider_id  # where it stood until 1.4 (OCM-LEG-017)
        if site.version < (1, 2):
            # Nobody says who they are: who knows the secret is the other side of the share.
            del document["senderDomain"]
            document["notification"] |= {"sharedSecret": self._secret_of(site, provider_id)}
        return self.post(site.url("notifications"), changed(document, changes), sign=sign)

    def _secret_of(self, site: Site, provider_id: str) -> str:
        """Of a share that we gave or were given; made up if there is none."""
        for share in self.posts("shares"):
            if share.get("providerId") == provider_id:
                return site.access(share)[1]
        return self.secrets.get(provider_id, "none")

    def accept_invite(self, site: Site, token: str, /, *, sign: Any = True, **changes: Any) -> Answer:
        """POST an acceptance of an invite of the site."""
        document = {
            "recipientProvider": self.host if site.version >= (1, 2) else self.base,
            "token": token,
            "userID": self.user,
            "email": "mia@example.net",
            "name": "Mia",
        }
        return self.post(site.url("invite-accepted"), changed(document, changes), sign=sign)

    def exchange(self, site: Site, code: str, /, *, sign: Any = True, **changes: Any) -> Answer:
        """POST a token request."""
        form = {"grant_type": "authorization_code", "client_id": self.host, "code": code}
        payload = urlencode(changed(form, changes)).encode()
        return self.post(site.url("token"), payload, sign=sign, headers=FORM)

    def dav(self, method: str, url: str, bearer: str | None = None, **headers: str) -> Answer:
        """A WebDAV request at the site."""
        content = headers.pop("content", "").encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if bearer is not None:
            named["authorization"] = basic(bearer) if self.oldest else f"Bearer {bearer}"
        if method == "PROPFIND":
            named.setdefault("depth", "0")
        return Answer(self.link.send(self.host, Request(method, url, named, content)))

    # As a server

    def asked(self, method: str, path: str = "") -> list[Seen]:
        """The requests received so far whose path begins so."""
        return [
            seen
            for seen in self.received
            if seen.request.method == method and unquote(seen.request.target.path).startswith(path)
        ]

    def posts(self, endpoint: str) -> list[dict[str, Any]]:
        """The JSON documents POSTed to `shares`, `notifications` or `invite-accepted`."""
        found = [parse(body(seen.request)) for seen in self.asked("POST", f"{END_POINT}/{endpoint}")]
        return [document for document in found if isinstance(document, dict)]

    def answer(self, method: str, path: str, status: int, document: Any = None, **headers: str) -> None:
        """From now on, answer so."""
        payload = (
            document if isinstance(document, bytes) else json.dumps(document or {"message": "no"}).encode()
        )
        self.answers[method, path] = Response(status, {**JSON, **headers}, payload)

    def _answer(self, request: Request) -> Response:
        path = request.target.path
        chosen = self.answers.get((request.method, path)) or self.answers.get((request.method, "*"))
        if chosen is not None:
            return chosen if isinstance(chosen, Response) else chosen(request)
        if request.method == "GET" and (path == WELL_KNOWN or (self.old and path in LEGACY)):
            return told(200, self.document)
        if request.method == "GET" and path == KEYS:
            return told(200, self.keys)
        if path.startswith(DAV.rstrip("/")):
            return self._dav(request, path)
        if request.method == "POST":
            match path.removeprefix(END_POINT):
                case "/shares":
                    keys = {"recipientPublicKeys": [SSH_KEY]} if b'"ssh"' in body(request) else {}
                    return told(201, {"recipientDisplayName": "Mia", **keys})
                case "/notifications":
                    return told(201, {})
                case "/invite-accepted":
                    return told(200, {"userID": self.user, "email": "mia@example.net", "name": "Mia"})
            if path == TOKEN:
                lifetime = self.token_lifetime
                return told(200, {"access_token": self.token, "token_type": "Bearer", "expires_in": lifetime})
        return told(404, {"message": "nothing here"})

    def _dav(self, request: Request, path: str) -> Response:
        whole = unquote(path).removeprefix(DAV.rstrip("/")).strip("/")
        # In 1.0 the secret says which share it is, and no id stands in the path.
        inside = whole if self.oldest else whole.partition("/")[2]
        below = [name for name in self.files if name and name.startswith(f"{inside}/" if inside else "")]
        if inside not in self.files and not below:
            return Response(404)
        if request.method == "GET":
            return Response(200, {"content-type": "text/plain"}, self.files.get(inside, b""))
        if request.method == "PUT":
            self.files[inside] = body(request)
            return Response(204)
        if request.method != "PROPFIND":
            return Response(405)
        depth = request.headers.get("depth", "0")
        names = ["", *(below if depth != "0" else ())]
        entries = "".join(
            f"<D:response><D:href>{path.rstrip('/')}/{name}</D:href><D:propstat><D:prop><D:getcontentlength>"
            f"{len(self.files.get(name, b''))}</D:getcontentlength></D:prop><D:status>HTTP/1.1 200 OK"
            "</D:status></D:propstat></D:response>"
            for name in names
        )
        xml = f'<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">{entries}</D:multistatus>'
        return Response(207, {"content-type": "application/xml"}, xml.encode())


def older(share: dict[str, Any], version: tuple[int, int]) -> dict[str, Any]:
    """A share as servers of that version of the API take it (wire.md section 4)."""
    if version >= (1, 2):
        return share
    webdav = share["protocol"]["webdav"]
    options = {"sharedSecret": webdav["sharedSecret"], "permissions": " ".join(webdav["permissions"])}
    name = "multi" if version >= (1, 1) else "webdav"
    return {**share, "protocol": {"name": name, "options": options, "webdav": webdav}}


def discovery(base: str) -> dict[str, Any]:
    """The discovery document of a server that takes all that the newest draft has, and gives by WebDAV."""
    protocols = {
        "webdav": DAV,
        "webdav-receive": {"uri": "relative"},
        "webapp-receive": {"targets": ["blank", "iframe"]},
        "ssh-receive": {},
    }
    return {
        "enabled": True,
        "apiVersion": "1.5.0",
        "endPoint": base + END_POINT,
        "provider": "conformance suite",
        "resourceTypes": [
            {"name": name, "shareTypes": ["user", "group"], "protocols": protocols}
            for name in ("file", "folder")
        ],
        "capabilities": ["http-sig", "exchange-token", "protocol-object", "invites", "notifications"],
        "criteria": [],
        "inviteAcceptDialog": base + "/odd/dialog",
        "jwksUri": base + KEYS,
        "tokenEndPoint": base + TOKEN,
    }


def recipient(site: Site) -> str:
    """Somebody at the site who can be sent a share; Unsupported if nobody is known."""
    if not site.link.users:
        raise Unsupported("no user of the site is known: give one with --user")
    return site.link.users[0]


def changed(document: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A document with members replaced, added, or left out (None); `__` or a dot leads inwards."""
    copy: dict[str, Any] = json.loads(json.dumps(document))
    for name, value in changes.items():
        *way, last = name.replace("__", ".").split(".")
        place = copy
        for step in way:
            place = place.setdefault(step, {})
        if value is None:
            place.pop(last, None)
        else:
            place[last] = value
    return copy


def basic(user: str, password: str = "") -> str:
    """The value of Authorization for Basic."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def told(status: int, document: Any) -> Response:
    """A JSON answer."""
    return Response(status, JSON, json.dumps(document).encode())


class Raw(dict[str, Any]):
    """A JSON object that somebody else made. What is not in it is a prerequisite that failed: Blocked."""

    def __missing__(self, name: str) -> Any:
        raise Blocked(f"{name} is missing; there are: {', '.join(self) or 'no members'}")


def parse(octets: bytes) -> Any:
    """JSON, its objects Raw; or None."""
    try:
        return json.loads(octets, object_pairs_hook=Raw)
    except (ValueError, RecursionError):  # the latter for what is too deep
        return None
