"""A received share as its user works with it: discovery, token exchange, WebDAV at the sender.

The steps are those of draft section 9 (wire.md section 5).
"""

from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
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

Credential = tuple[str, str]
"""The scheme of Authorization, and what is shown by it."""

FORM = {"content-type": "application/x-www-form-urlencoded"}


class Token(msgspec.Struct, frozen=True, gc=False):
    """An exchanged token in memory; it is never stored (OCM-TOK-043)."""

    text: str
    until: float


class Opening:
    """Requests to shares that others gave us."""

    __slots__ = ("site", "tokens")

    def __init__(self, site: "Site") -> None:
        self.site = site
        self.tokens: dict[str, Token] = {}

    async def request(
        self,
        user: str,
        key: str,
        method: str,
        path: str = "",
        *,
        headers: Mapping[str, str] | None = None,
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

        async def attempt(scheme: str, credential: str) -> Response:
            legacy = scheme == "basic"
            asked = {**(headers or {}), "authorization": authorization(scheme, credential)}
            if destination is not None:
                asked["destination"] = self._url(peer, share, destination, legacy)
            return await self._send(Request(method, self._url(peer, share, path, legacy), asked, body))

        async def look(scheme: str, credential: str) -> Response:
            asked = {"depth": "0", "authorization": authorization(scheme, credential)}
            return await self._send(Request("PROPFIND", self._url(peer, share, "", scheme == "basic"), asked))

        if isinstance(body, (bytes, FileSlice)):
            response, _ = await self._opened(peer, share, attempt)
            return response
        # What was refused cannot be sent again, so what opens the share is found out before.
        response, credential = await self._opened(peer, share, look)
        return response if response.status == 401 else await attempt(*credential)

    async def _send(self, request: Request) -> Response:
        try:
            return await self.site.ports.network.send(request, self.site.profile.timeout)
        except NetworkError as error:
            raise PeerError(f"no answer: {error.reason}", certain=not error.sent) from error

    async def _opened(
        self, peer: Peer, share: ReceivedShare, attempt: Callable[[str, str], Awaitable[Response]]
    ) -> tuple[Response, Credential]:
        """What is answered to the first credential that opens the share, or to the last; and which it was."""
        held = self.tokens.get(share.key)
        if held is not None and self.site.now() < held.until - EARLY:
            response = await attempt("bearer", held.text)
            if response.status != 401:
                return response, ("bearer", held.text)
            # A token may end before its time: the sender restarted, or its clock differs.
            # Another request of ours may have renewed it meanwhile.
            if self.tokens.get(share.key) is held:
                del self.tokens[share.key]
        for credential in await self._credentials(peer, share):
            response = await attempt(*credential)
            if response.status != 401:
                break
        return response, credential

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
        prefix = peer.discovery.webdav_prefix(share.resource_type)
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

    async def _credentials(self, peer: Peer, share: ReceivedShare) -> list[Credential]:
        """What to show, in the order of trying; at least one."""
        required = EXCHANGE in share.requirements
        if share.legacy:
            return [("basic", share.secret)]
        secrets = [(scheme, share.secret) for scheme in self.site.profile.dialect.dav_auth]
        choice = receiver_choice(required=required, sender_can=peer.discovery.can("exchange-token"))
        if choice == "secret" or not self.site.exchanges:
            return secrets
        try:
            token = await self._exchange(peer, share)
        except PeerError:
            if required:
                raise
            return secrets  # OCM-ACC-008: a voluntary exchange that fails falls back to the secret
        return [("bearer", token)] if required else [("bearer", token), *secrets]

    async def _exchange(self, peer: Peer, share: ReceivedShare) -> str:
        url = peer.discovery.token_end_point
        if url is None:
            raise PeerError(f"{peer.host} offers no token exchange")
        asked = TokenRequest(client_id=self.site.host, code=share.secret)
        response = await self.site.peers.send_signed(peer, url, asked.form(), FORM)
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
        self.tokens[share.key] = Token(answer.access_token, self.site.now() + lifetime)
        return answer.access_token


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
