"""The limit of the six-request flow: two sites that call each other's `handle`, and nothing else.

No HTTP, no network, no policies, no transcript, no error answers: what is left is requests and answers as
values, the JSON, the token, the signatures and dictionaries. The methods are those of the measurements
that set our goals: one function from request to answer, typed JSON by msgspec, a JWT made once and
verified once a flow by PyJWT, and on the four POSTs a digest and an Ed25519 signature (by the library we
use) that travel as header fields, so that the receiver has to read them before it can check them.
"""

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Callable

import jwt
import msgspec
from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair

from loadtests.peers import AT_ONCE

NOW = 1_767_225_600
WINDOW = 300
JSON = {"content-type": "application/json"}
COVERED = '("@method" "@target-uri" "content-digest" "content-length")'

_INPUT = re.compile(r'ocm=(\(([^()]*)\);created=([0-9]+);keyid="([^"]+)";alg="ed25519";tag="ocm")')
_SIGNATURE = re.compile(r"ocm=:([A-Za-z0-9+/=]+):")
_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/=]+):")


class Request(msgspec.Struct):
    """What one site asks the other."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes = b""


class Response(msgspec.Struct):
    """What it gets."""

    status: int
    headers: dict[str, str]
    body: bytes


class Acceptance(msgspec.Struct, rename="camel"):
    """invite-accepted"""

    recipient_provider: str
    token: str
    user_id: str = msgspec.field(name="userID")
    email: str
    name: str


class Webdav(msgspec.Struct, rename="camel"):
    """protocol.webdav"""

    uri: str
    shared_secret: str
    permissions: list[str]
    requirements: list[str]


class Protocol(msgspec.Struct):
    """protocol"""

    name: str
    webdav: Webdav


class Share(msgspec.Struct, rename="camel"):
    """shares"""

    share_with: str
    name: str
    provider_id: str
    owner: str
    sender: str
    share_type: str
    resource_type: str
    protocol: Protocol


class File(msgspec.Struct, rename="camel"):
    """notification.file"""

    provider_id: str


class Detail(msgspec.Struct):
    """notification"""

    file: File


class Notification(msgspec.Struct, rename="camel"):
    """notifications"""

    notification_type: str
    sender_domain: str
    resource_type: str
    notification: Detail


encode = msgspec.json.Encoder().encode
decoders = {kind: msgspec.json.Decoder(kind) for kind in (Acceptance, Share, Notification)}

MULTISTATUS = (
    '<?xml version="1.0" encoding="utf-8"?><D:multistatus xmlns:D="DAV:"><D:response><D:href>%s</D:href>'
    "<D:propstat><D:prop><D:resourcetype/><D:getcontentlength>%d</D:getcontentlength>"
    "<D:getlastmodified>Thu, 01 Jan 2026 00:00:00 GMT</D:getlastmodified><D:getetag>%s</D:getetag>"
    "<D:getcontenttype>application/octet-stream</D:getcontenttype></D:prop>"
    "<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>"
)


class Site:
    """Dictionaries and a key."""

    def __init__(self, host: str, seed: bytes) -> None:
        self.host = host
        self.public, self.secret = crypto_sign_seed_keypair(seed)
        self.jwt_key = hashlib.sha256(seed).hexdigest()
        self.invites: dict[str, str] = {}
        self.contacts: dict[str, str] = {}
        self.sent: dict[str, Share] = {}
        self.secrets: dict[str, str] = {}
        self.received: dict[str, Share] = {}
        self.states: dict[str, str] = {}
        self.tokens: dict[str, str] = {}
        self.files: dict[str, bytes] = {}

        self.keys: dict[str, bytes] = {}
        self.routes = {
            "/ocm/invite_accepted": (self.invite_accepted, 200),
            "/ocm/shares": (self.shares, 201),
            "/ocm/token": (self.token, 200),
            "/ocm/notifications": (self.notifications, 201),
        }

    def sign(self, url: str, body: bytes) -> dict[str, str]:
        """The header fields of a signed POST."""
        digest = f"sha-256=:{b64encode(hashlib.sha256(body).digest()).decode()}:"
        length = str(len(body))
        params = f'{COVERED};created={NOW};keyid="{self.host}#1";alg="ed25519";tag="ocm"'
        base = (
            f'"@method": POST\n"@target-uri": {url}\n"content-digest": {digest}\n'
            f'"content-length": {length}\n"@signature-params": {params}'
        )
        signature = b64encode(crypto_sign(base.encode(), self.secret)[:64]).decode()
        return {
            "content-type": "application/json",
            "content-digest": digest,
            "content-length": length,
            "signature-input": f"ocm={params}",
            "signature": f"ocm=:{signature}:",
        }

    def verify(self, request: Request) -> None:
        """Raise unless the header fields hold a fresh signature of a known key, over this very request."""
        headers = request.headers
        given, signature = (
            _INPUT.fullmatch(headers["signature-input"]),
            _SIGNATURE.fullmatch(headers["signature"]),
        )
        digest = _DIGEST.fullmatch(headers["content-digest"])
        if given is None or signature is None or digest is None:
            raise ValueError("fields")
        params, covered, created, keyid = given.groups()
        if not NOW - WINDOW <= int(created) <= NOW + WINDOW:
            raise ValueError("created")
        lines = []
        for name in covered.split(" "):
            if name == '"@method"':
                value = request.method
            elif name == '"@target-uri"':
                value = request.url
            else:
                value = headers[name[1:-1]]
            lines.append(f"{name}: {value}")
        lines.append(f'"@signature-params": {params}')
        crypto_sign_open(b64decode(signature[1]) + "\n".join(lines).encode(), self.keys[keyid])
        if b64decode(digest[1]) != hashlib.sha256(request.body).digest():
            raise ValueError("digest")
        if headers["content-length"] != str(len(request.body)):
            raise ValueError("length")

    def handle(self, request: Request) -> Response:
        """The answer to a request."""
        path = request.url.split("/", 3)[3]
        if request.method == "POST":
            if self.keys:
                self.verify(request)
            act, status = self.routes["/" + path]
            return Response(status, JSON, act(request.body))
        token = request.headers["authorization"].removeprefix("Bearer ")
        body = self.dav(request.method, path.rpartition("/")[2], token)
        return Response(207 if request.method == "PROPFIND" else 200, {}, body)

    def invite_accepted(self, body: bytes) -> bytes:
        """The inviting site."""
        acceptance = decoders[Acceptance].decode(body)
        user = self.invites.pop(acceptance.token)
        self.contacts[f"{acceptance.user_id}@{acceptance.recipient_provider}"] = user
        return encode({"userID": user, "email": "a@example.org", "name": "Alice"})

    def shares(self, body: bytes) -> bytes:
        """The receiving site."""
        share = decoders[Share].decode(body)
        self.received[share.provider_id] = share
        return encode({"recipientDisplayName": "Bob"})

    def token(self, body: bytes) -> bytes:
        """The sending site."""
        form = dict(pair.split("=") for pair in body.decode().split("&"))
        provider_id = self.secrets[form["code"]]
        claims = {"sub": provider_id, "client_id": form["client_id"], "iat": NOW, "exp": NOW + 3600}
        token = jwt.encode(claims, self.jwt_key, algorithm="HS256")
        return encode({"access_token": token, "token_type": "Bearer", "expires_in": 3600})

    def dav(self, method: str, provider_id: str, token: str) -> bytes:
        """WebDAV at the sending site; a token is verified when it is first seen."""
        known = self.tokens.get(token)
        if known is None:
            options = {"verify_exp": False, "verify_iat": False}
            known = jwt.decode(token, self.jwt_key, algorithms=["HS256"], options=options)["sub"]
            self.tokens[token] = known
        if known != provider_id:
            raise ValueError("token")
        data = self.files[provider_id]
        if method == "PROPFIND":
            return (MULTISTATUS % (f"/dav/ocm/{provider_id}", len(data), '"1"')).encode()
        return data

    def notifications(self, body: bytes) -> bytes:
        """The sending site."""
        notification = decoders[Notification].decode(body)
        self.states[notification.notification.file.provider_id] = "accepted"
        return b"{}"


class Flow:
    """What is said in one flow, and what is made of the answers."""

    def __init__(self, alpha: Site, beta: Site, number: int) -> None:
        self.alpha, self.beta = alpha, beta
        self.invite, self.secret = f"invite-{number}", f"secret-{number}"
        self.provider_id = f"share-{number}"
        alpha.invites[self.invite] = "alice"
        alpha.files[self.provider_id] = b"x" * 1024

    def acceptance(self) -> bytes:
        """Beta takes up an invite of alpha's."""
        return encode(Acceptance(self.beta.host, self.invite, "bob", "b@example.org", "Bob"))

    def invited(self, answer: bytes) -> None:
        """Beta knows who invited."""
        self.beta.contacts[f"{msgspec.json.decode(answer)['userID']}@{self.alpha.host}"] = "bob"

    def share(self) -> bytes:
        """Alpha gives a share."""
        alice, provider_id = f"alice@{self.alpha.host}", self.provider_id
        webdav = Webdav(provider_id, self.secret, ["read"], ["must-exchange-token"])
        share = Share(
            share_with=f"bob@{self.beta.host}",
            name="data.bin",
            provider_id=provider_id,
            owner=alice,
            sender=alice,
            share_type="user",
            resource_type="file",
            protocol=Protocol("multi", webdav),
        )
        self.alpha.sent[provider_id], self.alpha.secrets[self.secret] = share, provider_id
        return encode(share)

    def code(self) -> bytes:
        """Beta asks for a token."""
        return f"grant_type=authorization_code&client_id={self.beta.host}&code={self.secret}".encode()

    def token(self, answer: bytes) -> str:
        """The token in the answer."""
        found: str = msgspec.json.decode(answer)["access_token"]
        return found

    def found(self, answer: bytes) -> None:
        """The multistatus says how long the file is."""
        if b"<D:getcontentlength>1024<" not in answer:
            raise ValueError("PROPFIND")

    def read(self, answer: bytes) -> None:
        """The file is all there."""
        if len(answer) != 1024:
            raise ValueError("GET")

    def accepted(self) -> bytes:
        """Beta tells that the share was accepted."""
        detail = Detail(File(self.provider_id))
        return encode(Notification("SHARE_ACCEPTED", self.beta.host, "file", detail))


def prepare(signed: bool) -> Callable[[int], None]:
    """See `loadtests.peers`. Nothing waits here, so flows come one after the other."""
    alpha, beta = Site("alpha.example.org", bytes(32)), Site("beta.example.org", bytes([1] * 32))

    if signed:
        alpha.keys[f"{beta.host}#1"], beta.keys[f"{alpha.host}#1"] = beta.public, alpha.public

    def post(source: Site, target: Site, name: str, body: bytes) -> bytes:
        url = f"https://{target.host}/ocm/{name}"
        headers = source.sign(url, body) if signed else JSON
        return target.handle(Request("POST", url, headers, body)).body

    def dav(method: str, flow: Flow, token: str) -> bytes:
        url = f"https://{alpha.host}/dav/ocm/{flow.provider_id}"
        return alpha.handle(Request(method, url, {"authorization": f"Bearer {token}"})).body

    def one(number: int) -> None:
        flow = Flow(alpha, beta, number)
        flow.invited(post(beta, alpha, "invite_accepted", flow.acceptance()))
        post(alpha, beta, "shares", flow.share())
        token = flow.token(post(beta, alpha, "token", flow.code()))
        flow.found(dav("PROPFIND", flow, token))
        flow.read(dav("GET", flow, token))
        post(beta, alpha, "notifications", flow.accepted())

    def run(first: int) -> None:
        for number in range(first, first + AT_ONCE):
            one(number)

    return run
