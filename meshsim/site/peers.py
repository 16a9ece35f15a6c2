"""Other servers as this site knows them: discovered, their keys fetched, and spoken to.

Everything learned here is kept in memory only and can be fetched again.
"""

from collections.abc import Awaitable
from email.utils import parsedate_to_datetime
from functools import lru_cache
from math import ceil, inf
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from meshsim.dialects import Document
from meshsim.ocm.address import parse_host
from meshsim.ocm.discovery import Discovery, Receive
from meshsim.ocm.document import convert, dump, load, plain
from meshsim.ocm.errors import KeyMissing, OcmError, PeerError, Unavailable
from meshsim.ocm.keys import JwkSet, PublicKey
from meshsim.policies import Facts, decide
from meshsim.site.pairing import KEY_HEADER
from meshsim.wire import BodyTooLarge, NetworkError, Request, Response, read, split

if TYPE_CHECKING:
    from meshsim.site.site import Site

MAX_DOCUMENT = 256 * 1024
"""Bytes of a discovery document, key set or answer."""

MAX_REDIRECTS = 3
PAUSE = 30.0
"""Seconds between two fetches of one server's keys, and of a document that others made us look for in vain:
a made-up keyid or host name costs us little, and the host that was named even less."""

MOST_PEERS = 10_000
"""Servers that are remembered; with more, the one that was met first is forgotten."""

MOST_HELD = 10_000
"""Addresses of peers that asked us to wait, at most; what is forgotten is asked again, and told again."""

LONGEST_STEP = 60.0
"""Seconds between two of our requests to an endpoint that asked us to wait, at most."""

PATIENCE = 86400.0
"""Seconds for which a peer can make us wait at most, by one answer."""

REMEMBERED = 4096
"""Bytes of a key set that is kept: it says the same each time it is fetched, and points are dear to check."""
JSON = {"content-type": "application/json"}
ACCEPT = {"accept": "application/json"}


class Peer(msgspec.Struct):
    """A server that answered discovery."""

    host: str
    base: str
    """Scheme and host of its OCM API."""
    document: Document
    """Its discovery document in the words of the newest draft."""
    discovery: Discovery
    plain: frozenset[str]
    """Kinds of documents that our accent says to it without a change."""
    checks: bool
    """Whether it signs as we do, and checks what we sign."""
    fetched: float
    keys: JwkSet = JwkSet()
    keys_fetched: float = -inf
    prefixes: dict[str, str | None] = {}
    """Where its WebDAV is, by type of resource, as far as that was asked."""
    received: dict[str, Receive | None] = {}
    """How it takes shares over WebDAV, by type of resource, as far as that was asked."""

    def webdav_prefix(self, resource_type: str) -> str | None:
        """See `Discovery.webdav_prefix`; found out once."""
        if resource_type not in self.prefixes:
            self.prefixes[resource_type] = self.discovery.webdav_prefix(resource_type)
        return self.prefixes[resource_type]

    def receives(self, resource_type: str) -> Receive | None:
        """See `Discovery.receives`, for webdav; found out once."""
        if resource_type not in self.received:
            self.received[resource_type] = self.discovery.receives(resource_type, "webdav")
        return self.received[resource_type]


class Missed(msgspec.Struct, frozen=True):
    """A discovery that failed."""

    since: float
    reason: str
    certain: bool
    kind: type[PeerError]


class Nowhere(PeerError):
    """There is no such server, or none that may be called; whoever named it is to blame."""

    status = 400


class Barred(PeerError):
    """Our own rules do not let us call that host."""


class Hold(msgspec.Struct):
    """An endpoint that asked us to wait. Times are by our clock."""

    until: float
    step: float
    """Seconds between two of our requests from then on: what the peer said one of them takes."""
    next: float
    """When the next of us may come who has no turn yet."""


class Peers:
    """Discovery, keys and calls to other servers."""

    __slots__ = ("_lifetime", "_missed", "held", "known", "site")

    def __init__(self, site: "Site") -> None:
        self.site = site
        self._lifetime = site.profile.discovery_lifetime
        self.known: dict[str, Peer] = {}
        self._missed: dict[str, Missed] = {}
        self.held: dict[str, Hold] = {}
        """Endpoints that answered 429 or 503 and said when to come again."""

    async def discover(self, host: str, *, fresh: bool = False) -> Peer:
        """The server of that name; PeerError says why it cannot be used, Barred that we may not call it."""
        peer = None if fresh else self.at_hand(host)
        if peer is not None:
            return peer
        self.may_call(host)
        peer = await self._discover(host)
        self._missed.pop(host, None)
        if len(self.known) >= MOST_PEERS and host not in self.known:
            del self.known[next(iter(self.known))]
        self.known[host] = peer
        return peer

    def at_hand(self, host: str) -> Peer | None:
        """The server of that name, if it was discovered lately."""
        peer, now = self.known.get(host), self.site.now
        return peer if peer is not None and now() < peer.fetched + self._lifetime else None

    async def discover_claimed(self, host: str) -> Peer:
        """Like `discover`, for a host that some request says it is from: who sent it may have made that up.

        What was not found is not looked for again within PAUSE, so that a flood of bogus requests
        is no flood of ours.
        """
        missed = self._missed.get(host)
        if missed is not None and 0 <= self.site.now() - missed.since < PAUSE:
            raise missed.kind(missed.reason, certain=missed.certain)
        try:
            return await self.discover(host)
        except Barred:
            raise
        except PeerError as error:
            self._missed.pop(host, None)
            if len(self._missed) >= MOST_PEERS:
                del self._missed[next(iter(self._missed))]
            self._missed[host] = Missed(self.site.now(), error.message, error.certain, type(error))
            raise

    def may_call(self, host: str) -> None:
        """Barred if this site's rules forbid to call a host; asked of each host that a peer names."""
        site = self.site
        if host in site.profile.directory_hosts:
            return  # the operator named it
        decision = decide(site.profile.outgoing, Facts("call", host, "", site.now()))
        if not decision.admit:
            raise Barred(f"{host} is not called: {decision.reason}")

    async def renewed(self, peer: Peer, response: Response) -> Peer | None:
        """The peer by a fresh document, if an old one may be why it answered so; None if it was not."""
        if response.status not in (401, 404, 405) or peer.fetched >= self.site.now():
            return None
        try:
            now = await self.discover(peer.host, fresh=True)
        except PeerError:
            return None
        return None if now.document == peer.document else now

    async def _discover(self, host: str) -> Peer:
        profile = self.site.profile
        failures = []
        certain = nowhere = True
        for path in profile.dialect.discovery_tried:
            try:
                url = f"{profile.scheme}://{host}{path}"
                raw = await self.fetch(url, accept=profile.dialect.asks_for_json)
                document = profile.dialect.hear("discovery", load(raw), host)
                discovery = convert(document, Discovery)
            except OcmError as error:
                failures.append(f"{path}: {error.message}")
                # A refusal is an answer; anything else may be better the next time.
                certain = certain and isinstance(error, PeerError) and final(error)
                nowhere = False
                continue
            except NetworkError as error:
                failures.append(f"{path}: {error.reason}")
                certain, nowhere = False, nowhere and error.nowhere
                continue
            if not discovery.enabled:
                raise PeerError(f"{host} has switched OCM off (enabled is false)")
            base = self._check_authority(host, discovery)
            dialect, signing = profile.dialect, profile.dialect.signing
            checks = signing is not None and signing.peer_checks(document)
            spoken = dialect.speaks_plain(document)
            return Peer(host, base, document, discovery, spoken, checks, self.site.now())
        kind = Nowhere if nowhere else PeerError
        raise kind(f"discovery of {host} failed: {'; '.join(failures)}", certain=certain)

    def _check_authority(self, host: str, discovery: Discovery) -> str:
        # wire.md section 8, 24: an endPoint elsewhere would let a document send our requests anywhere.
        if self.site.profile.scheme == "https" and "jwksUri" in discovery.plaintext:
            # Whoever sits between could put their own keys there (OCM-DISC-057).
            raise PeerError(f"discovery of {host} failed: jwksUri {discovery.jwks_uri!r} is not https")
        for name, url in (("endPoint", discovery.end_point), ("tokenEndPoint", discovery.token_end_point)):
            if url is None:
                continue
            target = split(url)
            try:
                same = parse_host(target.authority) == host
            except OcmError:
                same = False
            if not same or target.scheme != self.site.profile.scheme:
                raise PeerError(f"discovery of {host} failed: {name} {url!r} is not on {host}")
        target = split(discovery.end_point)
        return f"{target.scheme}://{host}"

    async def fetch(self, url: str, *, accept: bool = True) -> bytes:
        """The body of a 200 answer; PeerError otherwise. Follows a few redirects on the same host."""
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._send(Request("GET", url, ACCEPT if accept else {}))
            if response.status in (301, 302, 303, 307, 308):
                there = response.headers.get("location", "")
                old, new = split(url), split(there)
                if there.startswith("/") and not there.startswith("//"):
                    url = f"{old.scheme}://{old.authority}{there}"
                elif (new.scheme, new.authority) == (old.scheme, old.authority):
                    url = there
                else:
                    raise PeerError(f"redirect to another host, {there!r}, is not followed")
                continue
            if response.status != 200:
                error = PeerError(f"answered {response.status}", answered=response.status)
                error.retry_after = retry_after(response, self.site.now())
                raise error
            return await read_answer(response)
        raise PeerError(f"more than {MAX_REDIRECTS} redirects")

    async def _send(self, request: Request) -> Response:
        return await self.site.ports.network.send(request, self.site.profile.timeout)

    async def key(self, peer: Peer, keyid: str) -> PublicKey:
        """The peer's key of that name; KeyMissing if it has none."""
        signing = self.site.profile.dialect.signing
        if signing is not None and signing.find_key is not None:
            return signing.find_key(peer.document)
        if peer.discovery.jwks_uri is None:
            raise KeyMissing(f"{peer.host} publishes no jwksUri, so its signature cannot be checked")
        found = peer.keys.find(keyid)
        if found is None and self.site.now() - peer.keys_fetched >= PAUSE:
            # It may be on another host (OCM-DISC-058).
            self.may_call(parse_host(split(peer.discovery.jwks_uri).authority))
            try:
                raw = await self.fetch(peer.discovery.jwks_uri)
                infer = signing is not None and signing.infers_alg(peer.document)
                peer.keys = (_seen if len(raw) <= REMEMBERED else JwkSet.parse)(raw, infer_alg=infer)
            except (OcmError, NetworkError) as error:
                # Not 401: the sender may be right, and would take that for an answer.
                raise Unavailable(f"keys of {peer.host} cannot be fetched: {error}") from error
            peer.keys_fetched = self.site.now()
            found = peer.keys.find(keyid)
        if found is None:
            raise KeyMissing(f"{peer.host} has no key {keyid!r}")
        return found

    async def post(
        self, peer: Peer, path: str, kind: str, value: msgspec.Struct, secret: str = ""
    ) -> Response:
        """Say something to a peer's OCM API in our accent. PeerError if there was no answer.

        Redirects are not followed: what we sign is for this URL (wire.md section 8, 25).
        """
        response = await self._post(peer, path, kind, value, secret)
        if response.status < 400:
            return response
        now = await self.renewed(peer, response)
        return response if now is None else await self._post(now, path, kind, value, secret)

    def _post(
        self, peer: Peer, path: str, kind: str, value: msgspec.Struct, secret: str
    ) -> Awaitable[Response]:
        body = dump(self.spoken(peer, kind, value, secret))
        return self.send_signed(peer, peer.discovery.end_point.rstrip("/") + path, body, JSON)

    def spoken(self, peer: Peer, kind: str, value: msgspec.Struct, secret: str = "") -> object:
        """A value as we say it to that peer; LocalError if our accent has no words for it."""
        if kind in peer.plain:
            return value
        return self.site.profile.dialect.speak(kind, plain(value), peer.document, secret)

    async def send_signed(self, peer: Peer, url: str, body: bytes, headers: dict[str, str]) -> Response:
        """POST a body, signed if we can sign and the peer can check (OCM-SIG-010)."""
        request = Request("POST", url, headers, body)
        site = self.site
        signing = site.profile.dialect.signing
        if signing is not None and peer.checks:
            request = signing.sign(request, site.key, site.now())
        key = await site.pairing.shown(peer.host) if site.profile.pairs else None
        if key is not None:
            request = replace(request, headers={**request.headers, KEY_HEADER: key})
        if self.held:
            self._wait(peer, url)
        try:
            response = await site.ports.network.send(request, site.profile.timeout)
        except NetworkError as error:
            raise PeerError(f"{peer.host} gave no answer: {error.reason}", certain=not error.sent) from error
        return self._hold(url, response) if response.status in (429, 503) else response

    def _wait(self, peer: Peer, url: str) -> None:
        """PeerError while the peer wants to be left alone; each who asks gets a turn of its own."""
        hold = self.held.get(url)
        now = self.site.now()
        if hold is None or now >= hold.until:
            if hold is not None and now >= hold.next:
                del self.held[url]
            return
        turn = max(hold.next, hold.until)
        hold.next = turn + hold.step
        error = PeerError(f"{peer.host} wants to be left alone", answered=429)
        error.retry_after = ceil(turn - now)
        raise error

    def _hold(self, url: str, response: Response) -> Response:
        """Remember that a peer asked us to wait; the answer, which now says how long until our turn."""
        now = self.site.now()
        seconds = retry_after(response, now)
        if seconds is None:
            return response
        wait = float(min(max(seconds, 1), PATIENCE))
        step = min(wait, LONGEST_STEP)
        earlier = self.held.pop(url, None)
        if len(self.held) >= MOST_HELD:
            del self.held[next(iter(self.held))]
        # Who was just refused has a turn like everybody: all at once would be refused again.
        turn = now + wait if earlier is None else max(now + wait, earlier.next)
        self.held[url] = Hold(now + wait, step, turn + step)
        return Response(
            response.status, {**response.headers, "retry-after": str(ceil(turn - now))}, response.body
        )


async def read_answer(response: Response) -> bytes:
    """The body of an answer, bounded; PeerError if it is too long."""
    body = response.body
    if type(body) is bytes and len(body) <= MAX_DOCUMENT:
        return body
    try:
        return await read(body, MAX_DOCUMENT)
    except BodyTooLarge as error:
        raise PeerError(f"answer too long: {error}", answered=response.status, certain=False) from error


async def refusal(response: Response) -> str:
    """What a peer gave as its reason, fit to be shown: one line, bounded."""
    try:
        document = load(await read_answer(response))
    except OcmError:
        return f"answered {response.status}"
    # `message` in OCM; `error` and `error_description` where OAuth answers.
    told = [document.get(name) for name in ("message", "error", "error_description")]
    reason = " ".join(": ".join(text for text in told if isinstance(text, str)).split())[:200]
    return f"answered {response.status}: {reason}" if reason else f"answered {response.status}"


async def judge(peer: Peer, response: Response, *, also: tuple[int, ...] = ()) -> Response:
    """The response if it is a success or in `also`.

    PeerError otherwise: certain where the status says that nothing was done; then whoever called
    decides whether to try again.
    """
    status = response.status
    if 200 <= status < 300 or status in also:
        return response
    error = PeerError(
        f"{peer.host} {await refusal(response)}",
        answered=status,
        # 503 and 429 refuse before acting; any other 5xx may come from something that broke half-way.
        certain=status < 500 or status in (501, 503),
    )
    error.retry_after = retry_after(response)
    raise error


@lru_cache(512)
def _seen(raw: bytes, *, infer_alg: bool) -> JwkSet:
    return JwkSet.parse(raw, infer_alg=infer_alg)


def retry_after(response: Response, now: float | None = None) -> int | None:
    """Seconds that the answer asks us to wait (RFC 9110, 10.2.3); a date only if we know the time."""
    text = response.headers.get("retry-after", "")
    if text.isascii() and text.isdigit() and len(text) < 9:
        return int(text)
    if not text or now is None:
        return None
    try:
        return max(0, ceil(parsedate_to_datetime(text).timestamp() - now))
    except (ValueError, OverflowError):
        return None


def final(error: PeerError) -> bool:
    """Whether asking again would get the same answer."""
    if isinstance(error, Barred):
        return True
    return error.answered is not None and error.certain and error.answered not in (408, 425, 429, 503)


def heard(error: PeerError) -> bool:
    """Whether what nobody waits for was heard, and refused for good, so that it need not be said again.

    401 is no such answer: clocks get right and keys get known, and then we are believed.
    """
    return final(error) and error.answered != 401
