"""API keys that each two servers share: from the site's own list, or polled from a central service.

A key proves that the caller has it. The key that a site was given when it joined proves to the central
service who asks; what that answers is proven by nothing but the connection.
"""

from collections.abc import Iterator
from hmac import compare_digest
from hmac import digest as hmac
from typing import TYPE_CHECKING

import msgspec

from meshsim.ocm import base64url
from meshsim.ocm.address import parse_host
from meshsim.ocm.document import load
from meshsim.ocm.errors import NotFound, OcmError, Unauthenticated
from meshsim.site.records import SharedKey, drop_shared_key
from meshsim.stores import Drop, Put
from meshsim.wire import BodyTooLarge, NetworkError, Request, read

if TYPE_CHECKING:
    from meshsim.site.site import Site

KEY_HEADER = "x-api-key"
KEYS_PATH = "/directory/keys"
SITE_HEADER = "x-api-site"

LIFETIME = 86400.0
"""Seconds for which a key of the central service is the newest."""

OVERLAP = 3600.0
"""Seconds for which the one before it is still good."""

REFRESH = 900.0
"""Seconds between two polls when all is well."""

PAUSE = 30.0
"""Seconds between two polls when a key is missing or the service is down."""

MAX_LIST = 4 * 1024 * 1024
MOST_KEYS = 20_000
FOREVER = float(2**53)


class Keys(msgspec.Struct, frozen=True):
    """What the central service answers."""

    keys: tuple[SharedKey, ...]


class Pairing:
    """The keys of this site, shown to others and asked of them."""

    __slots__ = ("_polled", "_tried", "site")

    def __init__(self, site: "Site") -> None:
        self.site = site
        self._polled = self._tried = float("-inf")

    def enrol(self, host: str, secret: str, *, until: float = FOREVER) -> None:
        """The operator enters a key shared with another server; ValueError for one that can be guessed."""
        if len(secret) < 16 or not secret.isascii() or not secret.isprintable():
            raise ValueError("a key has 16 ASCII characters at least")
        self.site.records.commit([SharedKey(parse_host(host), secret, self.site.now(), until).put()])

    def retire(self, host: str, *, overlap: float = 0.0) -> None:
        """All keys shared with that server are good for `overlap` more seconds."""
        until = self.site.now() + overlap
        old = [key for key in self.site.records.shared_keys(host) if key.until > until]
        rows = [SharedKey(key.host, key.secret, key.since, until, key.central) for key in old]
        self.site.records.commit([row.put() for row in rows])

    def good(self, host: str) -> Iterator[SharedKey]:
        """The keys that are good now, oldest first."""
        now = self.site.now()
        return (key for key in self.site.records.shared_keys(host) if key.since <= now < key.until)

    async def shown(self, host: str) -> str | None:
        """What to show that server: the newest key it is sure to know; None if there is none."""
        if host != self.site.profile.central:
            await self._refresh(REFRESH)
        known = list(self.good(host))
        if not known and host != self.site.profile.central:
            await self._refresh(PAUSE)
            known = list(self.good(host))
        return known[-1].secret if known else None

    async def holds(self, request: Request, host: str, *, central: bool) -> bool | None:
        """Whether the request shows a key shared with that server; None if that cannot be known now."""
        shown = request.headers.get(KEY_HEADER, "")
        if self._among(shown, host):
            return True
        if not central or not (shown or self._behind()):
            return False
        # The other side may have a newer list.
        await self._refresh(PAUSE)
        if self._among(shown, host):
            return True
        # A list that is not of just now may lack a server that has just joined: unsure is not no.
        return None if self.site.now() - self._polled > self.site.profile.timeout else False

    def _behind(self) -> bool:
        """Whether the central service has not been heard for so long that others may have no keys either."""
        return self.site.now() - self._polled >= LIFETIME

    def _among(self, shown: str, host: str) -> bool:
        # All are compared, so that the time taken says nothing; none of them is empty.
        text = shown.encode(errors="surrogatepass")
        return any([compare_digest(text, key.secret.encode()) for key in self.good(host)])

    async def _refresh(self, age: float) -> None:
        now, central = self.site.now(), self.site.profile.central
        if not central or now - self._polled < age or now - self._tried < PAUSE:
            return
        self._tried = now
        own = next(self.good(central), None)
        if own is None:
            return
        url = f"{self.site.profile.scheme}://{central}{KEYS_PATH}"
        headers = {"accept": "application/json", KEY_HEADER: own.secret, SITE_HEADER: self.site.host}
        try:
            answer = await self.site.ports.network.send(
                Request("GET", url, headers), self.site.profile.timeout
            )
            if answer.status != 200:
                return
            found = msgspec.convert(load(await read(answer.body, MAX_LIST)), Keys)
        except (NetworkError, OcmError, BodyTooLarge, msgspec.ValidationError):
            return  # what is here stays good until its time is over
        self._polled = self.site.now()
        new = [msgspec.structs.replace(key, central=True) for key in found.keys[:MOST_KEYS]]
        new = [key for key in new if len(key.secret) >= 16 and key.host != central]
        old = [key for key in self.site.records.shared_keys() if key.central and key not in new]
        known = set(self.site.records.shared_keys())
        changes: list[Put | Drop] = [drop_shared_key(key) for key in old]
        changes += [key.put() for key in new if key not in known]
        if changes:
            self.site.records.commit(changes)

    # What follows is for the site that is the central service.

    def handed_out(self, request: Request) -> Keys:
        """The keys of the caller with all others that have joined; OcmError if it has not."""
        site = self.site
        if not site.profile.federation:
            raise NotFound("no keys are handed out here")
        caller = request.headers.get(SITE_HEADER, "")
        if not self._among(request.headers.get(KEY_HEADER, ""), caller):
            raise Unauthenticated("the site is not known here, or this is not its key")
        others = dict.fromkeys(key.host for key in site.records.shared_keys() if key.host != caller)
        return Keys(tuple(key for host in others for key in self._pair(caller, host)))

    def _pair(self, one: str, other: str) -> list[SharedKey]:
        """The key of today and the one before it, made of our own, so that nothing need be kept."""
        number = int(self.site.now() // LIFETIME)
        pair = "\0".join(sorted((one, other)))
        made = []
        for n in (number - 1, number):
            secret = hmac(self.site.ports.entropy.key("pairs"), f"{pair}\0{n}".encode(), "sha256")
            since = n * LIFETIME
            made.append(SharedKey(other, base64url.encode(secret), since, since + LIFETIME + OVERLAP))
        return made
