"""A received share as its user works with it: discovery, token exchange, WebDAV at the sender.

The steps are those of draft section 9 (wire.md section 5).
"""

from base64 import b64encode
from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from meshsim.ocm.address import parse_host
from meshsim.ocm.discovery import resource_url
from meshsim.ocm.errors import Forbidden, LocalError, NotFound, OcmError, PeerError, RemoteError
from meshsim.ocm.lifecycle import Share
from meshsim.ocm.share import EXCHANGE, MFA
from meshsim.ocm.token import TokenAnswer, TokenRequest, receiver_choice
from meshsim.site.peers import Peer, read_answer, refusal
from meshsim.site.records import ReceivedShare
from meshsim.wire import Body, FileSlice, NetworkError, Request, Response, split

if TYPE_CHECKING:
    from meshsim.site.site import Site

EARLY = 30.0
"""Seconds before its end at which a token is renewed (OCM-TOK-016)."""

FORM = {"content-type": "application/x-www-form-urlencoded"}


class Token(msgspec.Struct, frozen=True, gc=False):
    """An exchanged token in memory; it is never stored (OCM-TOK-043)."""

    field: str
    """What it is in an Authorization header."""
    until: float

    @property
    def text(self) -> str:
        """The token itself."""
        return self.field.removeprefix("Bearer ")


class Asked(msgspec.Struct, frozen=True, gc=False):
    """A WebDAV request before it is known what opens the share; see `Opening.request`."""

    method: str
    path: str = ""
    headers: Mapping[str, str] = {}
    body: Body = b""
    destination: str | None = None


LOOK = Asked("PROPFIND", headers={"depth": "0"})
NOTHING: Mapping[str, str] = {}


class Opening:
    """Requests to shares that others gave us."""

    __slots__ = ("_renewing", "site", "tokens")

    def __init__(self, site: "Site") -> None:
        self.site = site
        self.tokens: dict[str, Token] = {}
        self._renewing: set[str] = set()

    async def request(
        self,
        user: str,
        key: str,
        method: str,
        path: str = "",
        *,
        headers: Mapping[str, str] = NOTHING,
        body: Body = b"",
        destination: str | None = None,
        second_factor: bool = False,
    ) -> Response:
        """One WebDAV request at `path` inside the share, whatever its answer.

        `destination` is the target path of COPY and MOVE. A body that comes as a stream is passed on as it
        comes, once. LocalError if our user may not, PeerError if the sender cannot be reached or gives no
        token.
        """
        share = self._usable(user, key, second_factor)
        peer = self.site.peers.at_hand(share.host) or await self.site.peers.discover(share.host)
        asked = Asked(method, path, headers, body, destination)
        try:
            if isinstance(body, (bytes, FileSlice)):
                response, _ = await self._opened(peer, share, asked)
                return response
            # What was refused cannot be sent again, so what opens the share is found out before.
            response, field = await self._opened(peer, share, LOOK)
            return response if response.status == 401 else await self._send(peer, share, asked, field)
        except NetworkError as error:
            raise PeerError(f"no answer: {error.reason}", certain=not error.sent) from error

    def _send(self, peer: Peer, share: ReceivedShare, asked: Asked, field: str) -> Awaitable[Response]:
        legacy = field.startswith("Basic ")
        headers = {**asked.headers, "authorization": field}
        if asked.destination is not None:
            headers["destination"] = self._url(peer, share, asked.destination, legacy)
        request = Request(asked.method, self._url(peer, share, asked.path, legacy), headers, asked.body)
        return self.site.ports.network.send(request, self.site.profile.timeout)

    async def _opened(self, peer: Peer, share: ReceivedShare, asked: Asked) -> tuple[Response, str]:
        """What is answered to the first Authorization field that opens the share, or to the last; and which
        it was. NetworkError without an answer.
        """
        held = self.tokens.get(share.key)
        # While one request fetches the next token, the others go on with this one: a token that many use
        # would be renewed as often as it is used then.
        early = 0.0 if share.key in self._renewing else EARLY
        if held is not None and self.site.now() < held.until - early:
            response = await self._send(peer, share, asked, held.field)
            if response.status != 401:
                return response, held.field
            # A token may end before its time: the sender restarted, or its clock differs.
            # Another request of ours may have renewed it meanwhile.
            if self.tokens.get(share.key) is held:
                del self.tokens[share.key]
        for field in await self._credentials(peer, share):
            response = await self._send(peer, share, asked, field)
            if response.status != 401:
                break
        return response, field

    async def url(self, user: str, key: str) -> str:
        """Where the share is at its sender; LocalError if our user may not, PeerError as for a request."""
        share = self._usable(user, key, False)
        return self._url(await self.site.peers.discover(share.host), share, "", share.legacy)

    def _usable(self, user: str, key: str, second_factor: bool) -> ReceivedShare:
        share = self.site.receiving.get(user, key)
        if share.state is not Share.ACCEPTED:
            raise LocalError(f"share {share.name!r} is {share.state}, not accepted", status=403)
        if self.site.receiving.has_expired(share):
            raise LocalError(f"share {share.name!r} has expired", status=403)
        if MFA in share.requirements and not second_factor:
            raise LocalError(f"share {share.name!r} asks for a second factor (must-use-mfa)", status=403)
        return share

    def _url(self, peer: Peer, share: ReceivedShare, path: str, legacy: bool) -> str:
        prefix = peer.webdav_prefix(share.resource_type)
        if prefix is None:
            raise PeerError(f"{peer.host} does not say where its WebDAV is")
        if share.legacy or (legacy and not share.uri):
            base = f"{peer.base}/{prefix.strip('/')}"
        else:
            base = resource_url(peer.base, prefix, share.uri)
            there = parse_host(split(base).authority) if "://" in share.uri else peer.host
            if there != peer.host:
                self.site.peers.may_call(there)  # an absolute uri may lead to another host (OCM-SHARE-065)
        inside = quote(path.strip("/")) if path else ""
        return f"{base.rstrip('/')}/{inside}" if inside else base

    async def _credentials(self, peer: Peer, share: ReceivedShare) -> list[str]:
        """The Authorization fields to show, in the order of trying; at least one."""
        required = EXCHANGE in share.requirements
        if share.legacy:
            return [authorization("basic", share.secret)]
        choice = receiver_choice(required=required, sender_can=peer.discovery.can("exchange-token"))
        if choice == "secret" or not self.site.exchanges:
            return self._secrets(share)
        try:
            token = await self._exchange(peer, share)
        except PeerError:
            if required:
                raise
            # OCM-ACC-008: a voluntary exchange that fails falls back to the secret.
            return self._secrets(share)
        return [token] if required else [token, *self._secrets(share)]

    def _secrets(self, share: ReceivedShare) -> list[str]:
        return [authorization(scheme, share.secret) for scheme in self.site.profile.dialect.dav_auth]

    async def _exchange(self, peer: Peer, share: ReceivedShare) -> str:
        """The Authorization field of a new token; PeerError if none was given."""
        url = peer.discovery.token_end_point
        if url is None:
            raise PeerError(f"{peer.host} offers no token exchange")
        asked = TokenRequest(client_id=self.site.host, code=share.secret)
        self._renewing.add(share.key)
        try:
            return await self._asked(peer, share, url, asked)
        finally:
            self._renewing.discard(share.key)

    async def _asked(self, peer: Peer, share: ReceivedShare, url: str, asked: TokenRequest) -> str:
        response = await self.site.peers.send_signed(peer, url, asked.form(), FORM)
        if response.status >= 400:
            now = await self.site.peers.renewed(peer, response)
            if now is not None and now.discovery.token_end_point is not None:
                response = await self.site.peers.send_signed(
                    now, now.discovery.token_end_point, asked.form(), FORM
                )
        if response.status != 200:
            raise PeerError(f"{peer.host} gave no token: {await refusal(response)}", answered=response.status)
        try:
            answer = TokenAnswer.parse(await read_answer(response))
        except OcmError as error:
            raise PeerError(f"{peer.host} gave no usable token: {error.message}") from error
        lifetime = self.site.profile.token_lifetime if answer.expires_in is None else answer.expires_in
        field = authorization("bearer", answer.access_token)
        self.tokens[share.key] = Token(field, self.site.now() + lifetime)
        return field


def authorization(scheme: str, credential: str) -> str:
    """The Authorization header; Basic has the secret as user name and no password (section 8, 38)."""
    if scheme == "basic":
        return "Basic " + b64encode(f"{credential}:".encode()).decode()
    return f"Bearer {credential}"


def check(response: Response, what: str) -> Response:
    """The response of a WebDAV request if it succeeded; otherwise the error that fits its status."""
    status = response.status
    if status < 400:
        return response
    message = f"{what}: the sending server answered {status}"
    if status == 404:
        raise NotFound(message)
    if status in (401, 403):
        raise Forbidden(message)
    if status < 500:
        raise RemoteError(message, status=status)
    raise PeerError(message, answered=status, certain=False)
