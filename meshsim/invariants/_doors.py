"""Which share a WebDAV exchange was about, which place in storage, and what opens it: as written down."""

from base64 import b64decode
from collections.abc import Iterator
from json import JSONDecodeError, loads
from urllib.parse import parse_qs, unquote

from meshsim.invariants import Facts
from meshsim.ocm.share import EXCHANGE
from meshsim.site.records import SENT_SHARES, SentShare
from meshsim.site.site import TOKEN_PATH
from meshsim.wire import Exchange, octets, split

History = list[tuple[float, SentShare]]


class Doors:
    """All shares that were ever given, by the host that gave them."""

    def __init__(self, facts: Facts) -> None:
        self._histories: dict[tuple[str, str], History] = {}
        self._by_secret: dict[tuple[str, str], str] = {}
        self._roots = facts.roots
        for time, host, row in facts.journal.rows(SENT_SHARES):
            self._histories.setdefault((host, row.provider_id), []).append((time, row))
            self._by_secret[host, row.secret] = row.provider_id
        self._tokens = {
            (exchange.target, token): self._by_secret.get((exchange.target, code))
            for exchange in facts.transcript
            for code, token in issued(exchange)
        }

    def share_id(self, exchange: Exchange) -> str:
        """What the exchange says it is about; there may be no such share."""
        scheme, shown = credential(exchange)
        if scheme == "basic" and (found := self._by_secret.get((exchange.target, shown))):
            return found  # a legacy secret selects the share, whatever the path says
        return self._first(exchange, exchange.request.target.path)

    def history(self, exchange: Exchange) -> History:
        """What was written down about the share, oldest first; empty if there never was one."""
        return self._histories.get((exchange.target, self.share_id(exchange)), [])

    def opens(self, exchange: Exchange, share: SentShare) -> bool:
        """Whether the credential shown is one of the share's."""
        scheme, shown = credential(exchange)
        if scheme == "bearer" and self._tokens.get((exchange.target, shown)) == share.provider_id:
            return True
        return shown == share.secret and EXCHANGE not in share.requirements

    def place(self, exchange: Exchange, url: str) -> str | None:
        """The storage path that a URL named in that exchange; None if there is no such share."""
        history = self.history(exchange)
        if not history:
            return None
        path = split(url).path if "://" in url else url
        share = history[0][1]
        mount = self._roots[exchange.target]
        if self._first(exchange, path) == share.provider_id:
            mount += f"/{share.provider_id}"
        inside = [unquote(name) for name in path.removeprefix(mount).split("/") if name]
        return "/".join([share.path, *inside])

    def has(self, exchange: Exchange) -> bool:
        """Whether it was addressed to the shares of a site that was used."""
        root = self._roots.get(exchange.target)
        return root is not None and f"{exchange.request.target.path}/".startswith(f"{root}/")

    def _first(self, exchange: Exchange, path: str) -> str:
        return path[len(self._roots.get(exchange.target, "")) + 1 :].partition("/")[0]


def credential(exchange: Exchange) -> tuple[str, str]:
    """The scheme in lower case and what was shown: a token, or the user name; both "" if nothing was."""
    scheme, _, text = exchange.request.headers.get("authorization", "").partition(" ")
    scheme, text = scheme.lower(), text.strip()
    if scheme == "basic":
        try:
            return scheme, b64decode(text).decode().partition(":")[0]
        except ValueError:
            return "", ""
    return scheme, text


def made_up(exchange: Exchange) -> bool:
    """Whether the network may have put another answer in the place of the site's."""
    return "wrong_status" in exchange.faults


def issued(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """The code and the token, if this is a token exchange that succeeded."""
    answer = exchange.response
    if exchange.request.target.path != TOKEN_PATH or answer is None or answer.status != 200:
        return
    try:
        token = loads(octets(answer.body)).get("access_token")
        code = parse_qs(octets(exchange.request.body).decode()).get("code", [""])[0]
    except (JSONDecodeError, UnicodeDecodeError, AttributeError):
        return  # garbled on its way
    if isinstance(token, str):
        yield code, token
