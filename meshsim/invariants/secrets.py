"""No secret or token stands in a URL, a log line or the report; an invite's token only where OCM has it."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, unquote

from meshsim.invariants import Facts, Finding, Invariant, finding
from meshsim.invariants._doors import issued
from meshsim.ocm.invite import Invite
from meshsim.site.records import INVITATIONS, SENT_SHARES, SHARED_KEYS
from meshsim.wire import Exchange, octets, split

WORDS = re.compile(r"[A-Za-z0-9_\-.~]+")
"""What a secret can be made of; anything between two of them ends one."""

FORM = "application/x-www-form-urlencoded"
COOKIES = re.compile(r"(?:^|, )[^=;,\s]+=([^;,\s]+)")
SHORTEST = 8
"""Characters; whatever is shorter also stands in URLs by chance."""

REPEATING = ("referer", "origin")
ANSWERED = ("location", "content-location", "link")


def build() -> Invariant:
    """No options."""
    return judge


def judge(facts: Facts) -> Finding:
    """All secrets of the run are known from its records and answers; all URLs from its transcript."""
    secrets, invites = credentials(facts), set(invited(facts))
    checked = 0
    violations: list[str] = []
    for exchange in facts.transcript:
        for where, url in _urls(exchange):
            checked += 1
            found = words(url)
            if found & secrets:
                violations.append(f"exchange {exchange.number}: a secret in its {where}")
            elif found & invites and (where in REPEATING or not _is_invite_link(url, invites)):
                violations.append(f"exchange {exchange.number}: an invite's token in its {where}")
    for line in facts.told:
        checked += 1
        if words(line) & (secrets | invites):
            violations.append("a secret in a line of log or report")  # which is not repeated here
    return finding("secrets", checked, violations)


def credentials(facts: Facts) -> set[str]:
    """What opens a share or a home: secrets that were written down, tokens, passwords, sessions."""
    found = {row.secret for _, _, row in facts.journal.rows(SENT_SHARES)}
    found |= {row.secret for _, _, row in facts.journal.rows(SHARED_KEYS)}
    for exchange in facts.transcript:
        found |= {token for _, token in issued(exchange)}
        found |= {text for text in _shown(exchange) if len(text) >= SHORTEST}
    return found


def invited(facts: Facts) -> dict[str, str]:
    """The tokens of invites, and the strings in which they travel, with the host that issued them."""
    found = {}
    for _, host, row in facts.journal.rows(INVITATIONS):
        found[row.token] = host
        found[Invite(row.token, host).string] = host
    return found


def _shown(exchange: Exchange) -> Iterator[str]:
    """Passwords and sessions, as browsers and programs of users send and get them."""
    headers = exchange.request.headers
    if headers.get("content-type", "").startswith(FORM):
        yield from parse_qs(octets(exchange.request.body).decode(errors="replace")).get("password", ())
    if exchange.response is not None:
        yield from COOKIES.findall(exchange.response.headers.get("set-cookie", ""))


def words(url: str) -> set[str]:
    """All in a URL that could be a secret, however often it was escaped, and whatever was appended to it."""
    while (plain := unquote(url)) != url:
        url = plain
    found = set(WORDS.findall(url))
    return found | {part for word in found for part in word.split(".")}


def _urls(exchange: Exchange) -> list[tuple[str, str]]:
    urls = [("URL", exchange.request.url)]
    urls += [(name, exchange.request.headers[name]) for name in REPEATING if name in exchange.request.headers]
    if exchange.response is not None:
        headers = exchange.response.headers
        urls += [(name, headers[name]) for name in ANSWERED if name in headers]
    return urls


def _is_invite_link(url: str, invites: set[str]) -> bool:
    """Links to the pages for invites carry the token as a parameter (draft section 4)."""
    target = split(url) if "://" in url else split("https://here" + url)
    return not set(WORDS.findall(unquote(target.path))) & invites
