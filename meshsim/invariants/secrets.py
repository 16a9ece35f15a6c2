"""No secret or token stands in a URL; an invite's token only where OCM has it."""

import re
from json import JSONDecodeError, loads
from urllib.parse import unquote

from meshsim.invariants import Facts, Finding, Invariant, finding
from meshsim.ocm.invite import Invite
from meshsim.site.records import INVITATIONS, SENT_SHARES
from meshsim.site.site import TOKEN_PATH
from meshsim.wire import Exchange, octets, split

WORDS = re.compile(r"[A-Za-z0-9_\-.~]+")
"""What a secret can be made of; anything between two of them ends one."""

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
            words = set(WORDS.findall(unquote(url)))
            if words & secrets:
                violations.append(f"exchange {exchange.number}: a secret in its {where}")
            elif words & invites and not _is_invite_link(url, invites):
                violations.append(f"exchange {exchange.number}: an invite's token in its {where}")
    return finding("secrets", checked, violations)


def credentials(facts: Facts) -> set[str]:
    """What opens a share: the secrets that were written down, and the tokens that were handed out."""
    found = {row.secret for _, _, row in facts.journal.rows(SENT_SHARES)}
    for exchange in facts.transcript:
        found |= _issued(exchange)
    return found


def invited(facts: Facts) -> dict[str, str]:
    """The tokens of invites, and the strings in which they travel, with the host that issued them."""
    found = {}
    for _, host, row in facts.journal.rows(INVITATIONS):
        found[row.token] = host
        found[Invite(row.token, host).string] = host
    return found


def _issued(exchange: Exchange) -> set[str]:
    answer = exchange.response
    if exchange.request.target.path != TOKEN_PATH or answer is None or answer.status != 200:
        return set()
    try:
        token = loads(octets(answer.body)).get("access_token")
    except (JSONDecodeError, UnicodeDecodeError, AttributeError):
        return set()  # garbled on its way
    return {token} if isinstance(token, str) else set()


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
